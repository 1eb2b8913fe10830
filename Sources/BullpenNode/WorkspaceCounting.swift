import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenTransport
import Foundation

/// What this device has counted of its person and not written yet, and the writing of it.
struct DayCounting: Sendable {
  var tally = PresenceTally()
  /// When sums were written last, on the boot clock.
  var shared: Int64 = Clocks.now().boot
  /// The last of what is written or erased, one after the other.
  var turn: Task<Void, Never>?
}

extension WorkspaceNode {
  /// Looks again and again whether the person is here, until the task is cancelled.
  func countDays() async {
    while !Task.isCancelled, !hasStopped {
      try? await Task.sleep(for: .milliseconds(Limits.tallyInterval))
      guard !Task.isCancelled else { return }
      noteTally()
      if Clocks.now().boot - counting.shared >= Limits.shareInterval { await shareDays() }
    }
  }

  /// What the person shows may be another.
  func noteTally() {
    guard look({ machine, _ in machine.privacy.analytics.isOn }) else {
      // Nobody is to have what was counted and not written when it was turned off.
      counting.tally = PresenceTally()
      return
    }
    if let moment = look({ machine, now in machine.tallied(at: now, ahead: LocalTime.ahead(at: now.wall)) }) {
      counting.tally.note(moment)
    }
  }

  /// Writes what was counted. What cannot be written now waits.
  func shareDays() async {
    noteTally()
    guard counting.tally.share != nil else { return }
    try? await inTurn { node in await node.writeDays() }
  }

  private func writeDays() async {
    guard var share = counting.tally.take() else { return }
    counting.shared = Clocks.now().boot
    while let day = share.days.first {
      do {
        try await write(day, for: share.readers)
      } catch {
        counting.tally.putBack(share)
        logger.notice("What was counted of a day waits to be written", metadata: ["error": "\(error)"])
        return
      }
      share.days.removeFirst()
    }
  }

  /// Adds to the row of the day, where there is one for the same people; else a row begins.
  private func write(_ day: PresenceDay, for readers: Set<MemberID>) async throws {
    let (me, admins, wall) = look { machine, now in
      (machine.membership.device(machine.own)?.member, machine.analyticsAdmins, machine.corrected(now))
    }
    // Less than a second is nothing.
    guard let me, PresenceDay(bytes: day.bytes)?.isEmpty == false else { return }
    // Who is no admin any more reads nothing new; the person itself always does.
    let audience = readers.intersection(admins).union([me]).sorted()
    let own = own
    let rows = try await storage.ask { store in
      try store.presenceDays(of: me, begun: (wall - 3 * CalendarDay.milliseconds)...Int64.max, wall: wall).rows
    }
    let begun = rows.first { $0.device == own && $0.day?.day == day.day && $0.audience == audience }
    if let begun, var sum = begun.day {
      sum.add(day)
      // A row that was sealed to a device which is gone takes nothing more, nor one that was erased meanwhile.
      do { return try await put(sum, begun.key, audience) } catch let error as NodeError where error.code != .storage {}
    }
    var random = SystemRandomness()
    try await put(day, .own(me, RowID(at: wall, using: &random)), audience)
  }

  private func put(_ day: PresenceDay, _ key: RowKey, _ audience: [MemberID]) async throws {
    _ = try await write(
      Draft([RowDraft(Tables.presenceDays, key, audience: audience, cells: ["sums": .bytes(day.bytes)])]))
  }

  /// Deletes all that was ever counted of this node's person, on every device that has it.
  ///
  /// - Returns: how many rows there were.
  func eraseDays(of me: MemberID) async throws -> Int {
    try await inTurn { node in
      node.counting.tally.forget()
      var erased = 0
      while true {
        let wall = node.look { machine, now in machine.corrected(now) }
        let rows = try await node.storage.ask { try $0.presenceDays(of: me, wall: wall).rows }
        guard !rows.isEmpty else { return erased }
        _ = try await node.write(Draft(rows.map { RowDraft(Tables.presenceDays, $0.key, isDelete: true) }))
        erased += rows.count
      }
    }
  }

  /// The person erased its days, on this device or another: what was counted until then goes, too.
  func followErasure(_ keys: [RowKey]) {
    guard let me = look({ machine, _ in machine.membership.device(machine.own)?.member }) else { return }
    let mine = keys.filter { $0.writer == me }
    guard !mine.isEmpty else { return }
    storage.run { [weak self] store in
      guard mine.contains(where: { (try? store.isErased(presenceDay: $0)) == true }) else { return }
      Task { [weak self] in await self?.forgetTally() }
    }
  }

  private func forgetTally() { counting.tally.forget() }

  /// One after the other: what is erased is not written meanwhile.
  private func inTurn<Result: Sendable>(
    _ work: @escaping @Sendable (isolated WorkspaceNode) async throws -> Result
  ) async throws -> Result {
    let before = counting.turn
    let task = Task {
      await before?.value
      return try await work(self)
    }
    counting.turn = Task { _ = await task.result }
    return try await task.value
  }
}

/// This machine's place on the earth, as far as its clock tells.
enum LocalTime {
  /// Milliseconds that the local clock is ahead of UTC.
  static func ahead(at wall: Int64) -> Int64 {
    let moment = Date(timeIntervalSince1970: Double(wall) / 1_000)
    return Int64(TimeZone.autoupdatingCurrent.secondsFromGMT(for: moment)) * 1_000
  }
}
