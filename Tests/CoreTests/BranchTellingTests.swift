@_spi(Proof) @testable import BullpenCore
import Testing

@Suite("What a peer learns of branches")
struct BranchTellingTests {
  typealias Office = MembershipOffice

  private let now = Instant(boot: 100_000, wall: 1_000_000)
  private let connection = ConnectionID(raw: 1)

  private func head(_ sequence: UInt64, _ name: String) -> Head {
    Head(sequence: sequence, digest: Digest(Scramble.bytes(name)))
  }

  @Test("who has lost the end of its own log hears of it when what it wrote since is acknowledged beside it")
  func acknowledged() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    let (lost, own) = (head(2, "lost"), head(6, "own"))
    var bob = office.node(of: "bob", heads: Heads([Office.log("bob"): own]), on: connection, at: now)
    func acknowledge(_ heads: [Head]) -> [Effect] {
      let heads = heads.map { LogHead(log: Office.log("bob"), head: $0) }
      let message = PeerMessage.acknowledge(Acknowledgement(heads: heads, credit: 0))
      return bob.receive(.received(connection, message), at: now)
    }
    func sought(_ effects: [Effect]) -> [LogHead] {
      effects.flatMap { effect -> [LogHead] in
        guard case .find(let heads, connection) = effect else { return [] }
        return heads
      }
    }
    #expect(sought(acknowledge([own])) == [])
    #expect(sought(acknowledge([lost, own])) == [LogHead(log: Office.log("bob"), head: lost)])
  }

  @Test("where heads go on to differ, a peer that cannot know it is told all of them")
  func stalemate() {
    var office = Office()
    office.admit("bob", by: "ada", at: 10)
    let heads = Heads([Office.log("bob"): head(6, "own")])
    var session = SyncSession(
      connection: connection, peer: Office.device("bob"), isOutbound: true,
      endpoint: Endpoint(address: [10, 0, 0, 1], port: 1)!, at: now)
    let digest = Digest(Scramble.bytes("ours"))
    func wake(after milliseconds: Int64) -> [PeerMessage] {
      session.wake(digest, heads, theirs: 7, at: now.advanced(by: milliseconds))
    }
    #expect(wake(after: 1_000) == [.have(Have(digest: digest, heads: nil))])
    #expect(wake(after: 2_000) == [])
    let all = [LogHead(log: Office.log("bob"), head: head(6, "own"))]
    #expect(
      wake(after: 1_000 + Limits.pullMute) == [
        .have(Have(digest: digest, heads: nil)), .have(Have(digest: digest, heads: all)),
      ])
  }
}
