import BullpenCore
import Testing

@testable import BullpenCrypto

@Suite("The hash chain of a log")
struct ChainTests {
  /// A segment as its author makes it.
  static func segment(
    _ key: DeviceKey = Samples.ada, log: LogID? = nil, in workspace: WorkspaceID = Samples.workspace,
    from: Head = .start,
    payloads: [[UInt8]] = [[1], [2, 2], [3, 3, 3]]
  ) -> Segment {
    let log = log ?? Samples.log(key)
    var digest = from.digest
    var entries: [Entry] = []
    for (offset, payload) in payloads.enumerated() {
      let entry = Entry(
        time: HybridTime(milliseconds: 1_000 + Int64(offset), counter: 0), expiry: 5_000, payload: .present(payload))
      digest = Chain.digest(workspace, log, from.sequence + 1 + UInt64(offset), previous: digest, entry)
      entries.append(entry)
    }
    return Segment(
      log: log, first: from.sequence + 1, previous: from.digest, entries: entries,
      signature: Chain.sign(digest, by: key))
  }

  static func changed(
    _ segment: Segment, log: LogID? = nil, first: UInt64? = nil, previous: Digest? = nil, entries: [Entry]? = nil,
    signature: Signature? = nil
  ) -> Segment {
    Segment(
      log: log ?? segment.log, first: first ?? segment.first, previous: previous ?? segment.previous,
      entries: entries ?? segment.entries, signature: signature ?? segment.signature)
  }

  func holds(_ segment: Segment, in workspace: WorkspaceID = Samples.workspace) -> Bool {
    Chain.check(segment, in: workspace) != nil
  }

  @Test("a run that its author signed holds, and gives a digest for each entry")
  func holds() throws {
    let segment = Self.segment()
    let checked = try #require(Chain.check(segment, in: Samples.workspace)).value
    #expect(checked.segment == segment)
    #expect(checked.digests.count == 3)
    #expect(checked.head == Head(sequence: 3, digest: checked.digests[2]))
  }

  @Test("a run goes on where the last one ended")
  func goesOn() throws {
    let head = try #require(Chain.check(Self.segment(), in: Samples.workspace)).value.head
    let next = Self.segment(from: head, payloads: [[4]])
    #expect(next.first == 4)
    #expect(holds(next))
    #expect(!holds(Self.changed(next, previous: Digest(Samples.bytes32(9)))))
    #expect(!holds(Self.changed(next, first: 5)))
  }

  @Test("a payload that is gone leaves a chain that still holds")
  func absent() {
    let segment = Self.segment()
    let entries = segment.entries.map {
      Entry(time: $0.time, expiry: $0.expiry, payload: .absent(Chain.payloadDigest(of: $0)))
    }
    #expect(holds(Self.changed(segment, entries: entries)))
  }

  @Test("a run that was tampered with does not hold")
  func tampered() {
    let segment = Self.segment()
    let e = segment.entries
    let payload = Entry(time: e[0].time, expiry: e[0].expiry, payload: .present([9]))
    let time = Entry(time: HybridTime(raw: e[0].time.raw + 1), expiry: e[0].expiry, payload: e[0].payload)
    let expiry = Entry(time: e[0].time, expiry: e[0].expiry + 1, payload: e[0].payload)
    let gone = Entry(time: e[0].time, expiry: e[0].expiry, payload: .absent(Digest(Samples.bytes32(3))))
    for first in [payload, time, expiry, gone] {
      #expect(!holds(Self.changed(segment, entries: [first, e[1], e[2]])))
    }
    #expect(!holds(Self.changed(segment, entries: [e[1], e[0], e[2]])), "order")
    #expect(!holds(Self.changed(segment, entries: [e[0], e[1]])), "end cut off")
    #expect(!holds(Self.changed(segment, entries: e + [e[2]])), "end added")
    #expect(!holds(Self.changed(segment, entries: [])), "nothing")
    #expect(!holds(Self.changed(segment, first: 0)), "entry zero")
    #expect(!holds(Self.changed(segment, first: .max)), "beyond the numbers")
  }

  @Test("a run counts for its own device, incarnation, kind and workspace alone")
  func moved() throws {
    let segment = Self.segment()
    let log = segment.log
    #expect(!holds(segment, in: Samples.otherWorkspace))
    #expect(!holds(Self.changed(segment, log: Samples.log(Samples.bob))))
    #expect(!holds(Self.changed(segment, log: Samples.log(Samples.ada, kind: .passing))))
    let elsewhere = LogID(device: log.device, incarnation: Incarnation(.zero), kind: log.kind)
    #expect(!holds(Self.changed(segment, log: elsewhere)))
  }

  @Test("nobody signs another's log")
  func wrongSigner() {
    #expect(!holds(Self.segment(Samples.bob, log: Samples.log(Samples.ada))))
    #expect(!holds(Self.changed(Self.segment(), signature: Self.segment(payloads: [[7]]).signature)))
  }

  @Test("a first entry has nothing before it, and any other has something")
  func start() {
    let odd = Self.segment(from: Head(sequence: 0, digest: Digest(Samples.bytes32(4))))
    #expect(!holds(odd))
    #expect(!holds(Self.segment(from: Head(sequence: 5, digest: .zero))))
  }

  @Test("the digest is that of the layout that the protocol pages give")
  func layout() {
    let entry = Entry(time: HybridTime(raw: 0x0102), expiry: 3, payload: .present([0xee]))
    let log = Samples.log()
    let text = Array("bullpen v1 log".utf8) + [0]
    let numbers: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1]
    let parts =
      text + Samples.workspace.bytes + log.device.bytes + log.incarnation.bytes + [1] + numbers
      + [UInt8](repeating: 0, count: 32) + [0, 0, 0, 0, 0, 0, 1, 2] + [0, 0, 0, 0, 0, 0, 0, 3]
      + Blake2b.digest([0xee]).bytes
    #expect(Chain.digest(Samples.workspace, log, 1, previous: .zero, entry) == Blake2b.digest(parts))
  }
}
