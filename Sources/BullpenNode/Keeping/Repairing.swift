import BullpenCore
import BullpenCrypto
import BullpenStore
import BullpenTransport
import BullpenWire
import Foundation
import Logging

/// What was found by comparing a workspace's database with its logs.
public typealias WorkspaceVerification = Verification
/// What came of rebuilding a workspace's database.
public typealias WorkspaceRepair = Repair
public typealias WorkspaceKeepingProgress = KeepingProgress

extension Home {
  /// A workspace of a home, whether its node runs or not and its database is whole or not.
  public struct Kept: Hashable, Sendable {
    public var id: WorkspaceID
    /// Nil where it cannot be read.
    public var name: String?
  }

  public static func kept(in home: String) -> [Kept] {
    known(in: home).map { id in
      Kept(id: id, name: name(of: id, in: home, prover: prover()))
    }
  }

  private static func prover() -> SodiumProver { SodiumProver(decode: StatementCodec.decode) }

  /// Compares a workspace's database with its logs, as it is at one moment, and looks at its keys; the node may run.
  ///
  /// - Throws: `NodeError` where it cannot be looked into. Damage is no error but what is found.
  public static func verify(
    _ home: String, _ id: WorkspaceID, progress: @escaping (WorkspaceKeepingProgress) -> Void = { _ in }
  ) throws -> WorkspaceVerification {
    do {
      var found = try Store.verify(
        "\(home)/\(BackupPart.database(id).name)", prover: prover(), wall: Clocks.now().wall, progress: progress)
      found.findings += checkKeys(home, id, found)
      return found
    } catch let error as StoreError {
      throw NodeError(error)
    }
  }
}

extension Node {
  /// Opens a workspace, or keeps why it cannot be: the others go on.
  func openOrShut(_ id: WorkspaceID) {
    do {
      try open(id)
      shut[id] = nil
    } catch let error as NodeError {
      if shut[id]?.code != error.code {
        logger.error("A workspace cannot be opened", metadata: ["workspace": "\(id.short)", "code": "\(error.code)"])
      }
      shut[id] = error
    } catch {
      shut[id] = NodeError(.storage, "The workspace cannot be opened: \(error).")
    }
  }

  func shutView(_ id: WorkspaceID) -> WorkspaceView {
    WorkspaceView(
      id: id, name: Home.name(of: id, in: home.path, prover: prover) ?? String("\(id)".prefix(8)),
      trouble: shut[id])
  }

  /// Where there is room on the disk again, or it may be written again, nobody needs to say so.
  func openShut() async {
    var round = 0
    while !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(Limits.diskRetry))
      round += 1
      // Another program may let go of the file, but most other reasons stay until somebody does something.
      let codes: Set<NodeError.Code> = [.diskFull, .diskReadOnly]
      for (id, why) in shut where codes.contains(why.code) || round % 10 == 0 && why.code == .storage {
        openOrShut(id)
        if let node = nodes[id] { start(node) }
      }
    }
  }

  public func repair(_ id: WorkspaceID, force: Bool) async throws -> WorkspaceRepair {
    try await repair(id, force: force) { _ in }
  }

  /// Rebuilds a workspace's database from what can be read of it. Peers are asked for the rest when it is open again.
  ///
  /// - Parameter force: also where nothing is wrong with it.
  /// - Throws: `notFound`; `conflict` where nothing is wrong; `storage` where the disk fails; `diskFull` and the like, and then nothing was changed.
  public func repair(
    _ id: WorkspaceID, force: Bool, progress: @escaping @Sendable (WorkspaceKeepingProgress) -> Void
  ) async throws -> WorkspaceRepair {
    guard home.workspaces.contains(id) else {
      throw NodeError(.notFound, "This node is in no workspace of that id.")
    }
    // What only a new start brings back.
    if let trouble = await nodes[id]?.currentTrouble, trouble.kind == .failed {
      throw NodeError(.storage, trouble.detail, hint: trouble.hint)
    }
    let path = home.path
    if !force, shut[id]?.code != .damaged {
      let found = try await Self.aside { try Home.verify(path, id, progress: progress) }
      guard found.isRepairable else {
        throw NodeError(
          .conflict, "Nothing is wrong with this workspace's database: it is what its logs say.",
          hint: shut[id].map { "\($0.message) \($0.hint)" } ?? found.findings.first?.text ?? "")
      }
    }
    let author = Author(device: home.device, secret: try home.secret(of: id))
    await close(id)
    shut[id] = NodeError(.unavailable, "This workspace is being repaired.", hint: "Wait a moment.")
    let (database, prover, surroundings) = (home.database(of: id), prover, Surroundings(machine: Home.machine))
    defer {
      openOrShut(id)
      if let node = nodes[id] { start(node) }
    }
    do {
      return try await Self.aside {
        try Store.repair(
          database, author: author, workspace: id, surroundings: surroundings, prover: prover, wall: Clocks.now().wall,
          progress: progress)
      }
    } catch let error as StoreError {
      throw NodeError(error)
    }
  }

  private func close(_ id: WorkspaceID) async {
    guard let node = nodes.removeValue(forKey: id) else { return }
    let devices = await node.look { machine, _ in machine.membership.devices }
    await node.stop()
    for device in devices { sockets.forget(device, in: id) }
    sockets.contacts.remove(id)
  }

  /// On a thread of its own: it takes as long as the disk and the history are.
  private static func aside<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(with: Result { try work() }) }
    }
  }
}
