import BullpenCore
import NIOCore
import Testing

@testable import BullpenWeb

@Suite("What members show, written by hand")
struct PresenceTextTests {
  static func same(_ presences: [MemberPresence]) -> Bool {
    PresenceText.items(presences).readableBytesView.elementsEqual(
      JSON.encode(ItemsBody(items: presences.map(PresenceBody.init))))
  }

  static let nobody = MemberPresence(
    member: FakeWorkspace.bob, status: .offline, customStatus: "", customEmoji: "", rooms: [], typing: nil, devices: [],
    lastSeen: nil, silentFor: nil, colour: 0)

  static func somebody(saying text: String) throws -> MemberPresence {
    let (plan, board) = (try #require(RoomID("page:/plan")), try #require(RoomID("board \"7\"")))
    let device = FakeWorkspace.bobsDevice
    return MemberPresence(
      member: FakeWorkspace.bob, status: .busy, customStatus: text, customEmoji: "🖋️", clearsAt: .max,
      rooms: [plan, board], typing: board, page: plan,
      devices: [
        .init(device: device, kind: .tablet, status: .busy, rooms: [plan, board]),
        .init(device: device, kind: .headless, status: .away, rooms: []),
      ],
      lastSeen: 1_790_000_000_123, silentFor: 5_000, colour: 9,
      sightings: [
        LastSeen(device: device, since: 5, last: 1_005, page: plan, activity: .typing, witness: FakeWorkspace.bob),
        LastSeen(device: device, since: 0, last: 0, page: board), LastSeen(device: device, since: -1, last: 1),
      ])
  }

  @Test("whatever is there or is not, is written as the library writes it")
  func parts() throws {
    #expect(Self.same([]))
    #expect(Self.same([Self.nobody]))
    #expect(Self.same([Self.nobody, try Self.somebody(saying: "in a call"), Self.nobody]))
  }

  @Test("so is every text", arguments: CursorTextTests.trickyTexts)
  func texts(_ text: String) throws { #expect(Self.same([try Self.somebody(saying: text)])) }
}
