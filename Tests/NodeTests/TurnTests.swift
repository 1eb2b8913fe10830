import Testing

@testable import BullpenNode

@Suite("Work that is done in turns")
struct TurnTests {
  @Test("whoever comes first does it all, in the order in which it came, and the next begins anew")
  func order() {
    var turns = Turns<Int>()
    var done: [Int?] = []
    var isFirst = [turns.begin(1)]
    done.append(turns.next())
    // While the first is under way others come, and go away again.
    isFirst += [turns.begin(2), turns.begin(3)]
    done.append(turns.next())
    isFirst.append(turns.begin(4))
    for _ in 0..<2 { done.append(turns.next()) }
    #expect(!turns.isIdle, "the last may still be under way")
    done.append(turns.next())
    #expect(turns.isIdle)
    isFirst.append(turns.begin(5))
    #expect(isFirst == [true, false, false, false, true])
    #expect(done == [1, 2, 3, 4, nil])
  }
}
