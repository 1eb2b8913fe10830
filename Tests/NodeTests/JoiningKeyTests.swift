import BullpenCore
import Foundation
import Testing

@testable import BullpenNode

@Suite("The key that a newcomer gives")
struct JoiningKeyTests {
  static let workspace = WorkspaceID(.zero)

  @Test("who tries to join again after a restart gives the same key, and another one elsewhere")
  func restart() throws {
    let place = try Place()
    let first = try Home(place.home).joiningSecret(for: Self.workspace)
    let second = try Home(place.home).joiningSecret(for: Self.workspace)
    #expect(first.key == second.key)
    #expect(place.mode(place.home + "/workspaces/\(Self.workspace)/member.key") == 0o600)
    // A key alone is no workspace.
    #expect(try Home(place.home).workspaces.isEmpty)
    let other = WorkspaceID(try #require(Bytes32([UInt8](repeating: 1, count: 32))))
    #expect(try Home(place.home).joiningSecret(for: other).key != first.key)
  }

  @Test("a key that others could read is refused in words")
  func exposed() throws {
    let place = try Place()
    let home = try Home(place.home)
    _ = try home.joiningSecret(for: Self.workspace)
    chmod(home.folder(of: Self.workspace) + "/member.key", 0o644)
    let refused = #expect(throws: NodeError.self) { try home.joiningSecret(for: Self.workspace) }
    #expect(refused?.code == .homeUnsafe)
    #expect(refused?.message.contains("chmod 600") == true)
  }
}
