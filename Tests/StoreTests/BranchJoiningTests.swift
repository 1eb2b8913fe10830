import BullpenCore
import BullpenCrypto
@testable import BullpenStore
import BullpenWire
import Foundation
import Testing

@Suite("Short segments of a log with branches")
struct BranchJoiningTests {
  /// A log of ada's that parts: what both branches share, then 150 entries of each, and a third that departs from the
  /// second. Every entry is signed by itself, as who writes one change at a time signs them.
  private struct Parted {
    static let (shared, further, whole): (UInt64, UInt64, UInt64) = (100, 180, 250)
    let office: Office
    let log: LogID
    private(set) var branches: [[Segment]] = []

    init() throws {
      office = try Office(onDisk: true)
      log = LogID(
        device: office.founder.device, incarnation: Incarnation(using: &office.random), kind: .lasting)
      let common = try write(Self.shared, "common", after: [])
      branches.append(try write(Self.whole, "left", after: common))
      branches.append(try write(Self.whole, "right", after: common))
      branches.append(try write(Self.whole, "late", after: Array(branches[1].prefix(Int(Self.further)))))
    }

    /// Goes on with a branch until it has so many entries.
    private func write(_ count: UInt64, _ text: String, after before: [Segment]) throws -> [Segment] {
      let author = try office.author("ada")
      var branch = before
      var head = Head.start
      if let last = before.last, let digest = last.digest(at: last.last, in: office.founder.workspace) {
        head = Head(sequence: last.last, digest: digest)
      }
      while head.sequence < count {
        let key = try #require(RowKey.named(office.member("ada"), "\(text) \(head.sequence + 1)"))
        let change = Change(rows: [RowChange(Tables.settings, key, [("value", .text(text))])])
        let entry = Entry(
          time: HybridTime(office.wall + Int64(head.sequence)), expiry: 0,
          payload: .present(ChangeCodec.encode(change)))
        let digest = Chain.digest(
          office.founder.workspace, log, head.sequence + 1, previous: head.digest, entry)
        branch.append(
          Segment(
            log: log, first: head.sequence + 1, previous: head.digest, entries: [entry],
            signature: Chain.sign(digest, by: author.device)))
        head = Head(sequence: head.sequence + 1, digest: digest)
      }
      return branch
    }

    func end(of branch: Int) throws -> Head {
      let last = try #require(branches[branch].last)
      return Head(sequence: last.last, digest: try #require(last.digest(at: last.last, in: office.founder.workspace)))
    }
  }

  @Test(
    "become long ones on each branch by itself; all are served as before, and the file is whole",
    arguments: [
      [0, 1, 2], [2, 0, 1], [1, 2, 0],
    ])
  func joined(order: [Int]) throws {
    let parted = try Parted()
    let office = parted.office
    let bob = try office.join("bob")
    for branch in order { #expect(try bob.apply(parted.branches[branch], wall: office.wall).rejected.isEmpty) }
    let heads = try bob.heads()
    let digests = try bob.digests(wall: office.wall).map(\.digest)
    func stored() throws -> Int64 { try bob.integers("SELECT count(*) FROM node_segments")[0] }
    #expect(try stored() > 400)
    try bob.forgetAll(wall: office.wall)
    #expect(try stored() < 20)

    #expect(try bob.heads() == heads)
    #expect(try bob.forks().map(\.branches) == [3])
    #expect(try bob.digests(wall: office.wall).map(\.digest) == digests)
    #expect(try office.verify("bob").findings == [])
    for branch in 0..<3 {
      let head = try parted.end(of: branch)
      for first in [1, Parted.shared, Parted.shared + 1, Parted.further, Parted.further + 1, Parted.whole] {
        let range = LogRange(log: parted.log, first: first, last: head.sequence, digest: head.digest)
        let served = try bob.segments(range, maxBytes: 1 << 20)
        #expect(served.allSatisfy { Chain.check($0, in: bob.workspace) != nil })
        #expect(served.last?.digest(at: head.sequence, in: bob.workspace) == head.digest)
        // Nothing comes with it that is on another branch alone.
        #expect(served.flatMap(\.entries).count == Int(head.sequence - first) + 1, "branch \(branch) from \(first)")
      }
    }

    let again = try office.restart("bob")
    let newcomer = try office.join("newcomer")
    try office.send(from: again, to: newcomer, maxBytes: 2_000)
    #expect(try newcomer.heads().all(of: parted.log) == heads.all(of: parted.log))
    try office.settle()
    try office.expectAgreement()
    for name in ["bob", "newcomer"] { #expect(try office.verify(name).findings == []) }
  }

  @Test("what parts from a long segment in its middle leaves it as it is, and goes on")
  func partedLater() throws {
    let parted = try Parted()
    let office = parted.office
    let bob = try office.join("bob")
    _ = try bob.apply(parted.branches[0], wall: office.wall)
    try bob.forgetAll(wall: office.wall)
    for branch in [2, 1] {
      #expect(try bob.apply(parted.branches[branch], wall: office.wall).rejected.isEmpty)
      try bob.forgetAll(wall: office.wall)
    }
    #expect(try bob.heads().all(of: parted.log) == (0..<3).map { try parted.end(of: $0) }.sorted())
    #expect(try office.verify("bob").findings == [])
    for branch in 0..<3 {
      let head = try parted.end(of: branch)
      let newcomer = try office.join("newcomer \(branch)")
      let range = LogRange(log: parted.log, first: 1, last: head.sequence, digest: head.digest)
      #expect(try newcomer.apply(bob.segments(range, maxBytes: 1 << 20), wall: office.wall).rejected.isEmpty)
      #expect(try newcomer.find([LogHead(log: parted.log, head: head)]).lacking.isEmpty)
    }
  }
}
