import BullpenCore

/// A process's program as the simulator sees it: what happens goes through the root machine, and comes out as effects. A
/// test may put one of its own in place, which misbehaves, and see whether the simulator notices.
public protocol Program: AnyObject {
  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect]
}

/// The real one.
final class RealProgram: Program {
  func carry(_ event: Event, through machine: inout Workspace, at now: Instant) -> [Effect] {
    machine.receive(event, at: now)
  }
}
