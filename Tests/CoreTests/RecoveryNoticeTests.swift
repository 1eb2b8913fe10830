import BullpenCore
import Testing

@Suite("What a person is told of what came back")
struct RecoveryNoticeTests {
  private let day = CalendarDay.milliseconds

  @Test("nothing is said where nothing was missing")
  func nothing() { #expect(RecoveryNotice(nil, nil, isAnew: true) == nil) }

  @Test("what came back is counted and dated, with why the device goes on in another history")
  func counted() throws {
    let first = Regained(entries: 2, from: 3 * day, to: 4 * day)
    let all = Regained(entries: 1, from: day, to: day) + first
    let restored = try #require(RecoveryNotice(.moved, all, isAnew: true))
    #expect(
      restored.detail
        == "The database was restored, copied, moved or rebuilt since the node ran last. 3 entries of 1970-01-02 to "
        + "1970-01-05 that this device had written were missing here and have come back from the others. So that nothing "
        + "is signed twice, this device goes on in a history of its own.")
    let one = try #require(RecoveryNotice(nil, Regained(entries: 1, from: day, to: day), isAnew: false))
    #expect(
      one.detail
        == "1 entry of 1970-01-02 that this device had written was missing here and has come back from the others.")
    #expect(try #require(RecoveryNotice(.setBack, nil, isAnew: true)).detail.contains("comes back from the others"))
  }

  @Test("a fork of which all is kept is over after a week; one that lacks a history is not")
  func forks() {
    var fork = ForkNotice(
      device: DeviceID(Bytes32(Array(repeating: 1, count: 32))!), branches: 2, lacks: false, since: 0, latest: 9 * day)
    #expect(fork.matters(at: 16 * day - 1))
    #expect(!fork.matters(at: 16 * day))
    fork.lacks = true
    #expect(fork.matters(at: 99 * day))
    fork.branches = 1
    #expect(fork.detail("Ada").contains("exists in more than one version since"))
  }
}
