import BullpenCore
import BullpenCrypto
import BullpenStore
import Synchronization

/// Who may hear of this node's person, as the rows say.
struct PrivacyReading: Sendable {
  /// Later readings have greater numbers.
  let number: UInt64
  let privacy: Privacy
}

/// Numbers readings in the order in which the store's thread makes them.
final class PrivacyReadings: Sendable {
  private let count = Mutex<UInt64>(0)

  /// Called on the store's thread alone.
  func read(_ store: Store, wall: Int64) throws -> PrivacyReading {
    let privacy = try store.privacy(wall: wall)
    return PrivacyReading(
      number: count.withLock {
        $0 += 1
        return $0
      }, privacy: privacy)
  }
}

extension WorkspaceNode {
  /// Rows of a table differ: of this person's settings, from another of its devices, or of what admins set.
  func follow(_ table: String, _ keys: [RowKey]) {
    if table == Tables.presenceDays.name { return followErasure(keys) }
    guard [Tables.presenceSettings, Tables.teams, Tables.workspaceSettings].contains(where: { $0.name == table }) else {
      return
    }
    let wall = corrected
    storage.run { [weak self, privacyReadings] store in
      guard let reading = try? privacyReadings.read(store, wall: wall) else { return }
      Task { [weak self] in await self?.adopt(reading) }
    }
  }

  /// Reads what was just written, and acts by it before it returns.
  func followSettings() async throws {
    let wall = corrected
    do {
      adopt(try await storage.ask { [privacyReadings] in try privacyReadings.read($0, wall: wall) })
    } catch let error as StoreError {
      throw hasStopped ? NodeError(.unavailable, "The node is stopping.") : NodeError(error)
    }
  }

  private func adopt(_ reading: PrivacyReading) {
    guard reading.number > privacyReading else { return }
    privacyReading = reading.number
    handle(.privacy(reading.privacy))
    noteTally()
  }

  /// Settings that grow old are written anew, so that this person's other devices find them for as long as it needs.
  ///
  /// - Parameter isNeeded: also where nothing was decided yet, for a device that waits to hear what was.
  func renewSettings(isNeeded: Bool = false) async {
    guard let me = look({ machine, _ in machine.membership.device(machine.own)?.member }) else { return }
    let wall = corrected
    guard
      let held = try? await storage.ask({ store in
        (
          kept: try store.settingsInForce(of: me, wall: wall),
          row: try store.presenceSettings(of: me, limit: 1, wall: wall).rows.first
        )
      })
    else { return }
    // A device that waits itself has nothing to renew.
    guard held.kept?.written != 0, isNeeded || held.kept != nil else { return }
    let age = held.row.map { wall - $0.written } ?? .max
    guard age > Limits.settingsRenewal else { return }
    try? await write(held.kept?.settings ?? PresenceSettings(), of: me, after: held.kept?.written ?? 0)
  }

  /// - Parameter written: when what held until now was written; the new row is later, whatever this clock says.
  func write(_ settings: PresenceSettings, of member: MemberID, after written: Int64) async throws {
    var random = SystemRandomness()
    let key = RowKey.own(member, RowID(at: max(corrected, written + 1), using: &random))
    _ = try await write(
      Draft([RowDraft(Tables.presenceSettings, key, audience: [member], cells: settings.cells)]))
  }

  private var corrected: Int64 { look { machine, now in machine.corrected(now) } }
}
