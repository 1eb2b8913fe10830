import BullpenCore
import Testing

@testable import BullpenStore

@Suite("Clocks in a row")
struct RowClocksTests {
  @Test("every mix of clocks comes back from its bytes")
  func roundTrip() throws {
    var random = SeededRandomness(seed: 3)
    for _ in 0..<500 {
      let times = (0..<3).map { HybridTime(milliseconds: 1_800_000_000_000 + $0, counter: UInt16($0)) }
      let columns: [RowClocks.Clock?] = (0..<Int.random(in: 0...9, using: &random)).map { place in
        guard Int.random(in: 0..<3, using: &random) > 0, let time = times.randomElement(using: &random) else {
          return nil
        }
        return RowClocks.Clock(
          time: time, device: Int64.random(in: 1...300, using: &random),
          index: Bool.random(using: &random) ? UInt16(place) : UInt16.random(in: 0...4_095, using: &random))
      }
      let clocks = RowClocks(columns: columns)
      #expect(RowClocks(bytes: clocks.bytes, count: columns.count) == clocks)
    }
  }

  @Test("a row that was written at once carries one stamp, and a few bits for each column")
  func small() {
    let time = HybridTime(milliseconds: 1_800_000_000_000, counter: 0)
    let clocks = RowClocks(columns: (0..<8).map { RowClocks.Clock(time: time, device: 5, index: UInt16($0 + 40)) })
    #expect(clocks.bytes.count == 1 + 8 + 1 + 1 + 2)
  }

  @Test("columns that were declared later were never written, and broken bytes are no clocks")
  func grown() {
    let time = HybridTime(milliseconds: 1_800_000_000_000, counter: 0)
    let clocks = RowClocks(columns: [RowClocks.Clock(time: time, device: 1, index: 0), nil])
    #expect(RowClocks(bytes: clocks.bytes, count: 4)?.columns == clocks.columns + [nil, nil])
    for length in 2..<clocks.bytes.count { #expect(RowClocks(bytes: clocks.bytes.prefix(length), count: 2) == nil) }
    #expect(RowClocks(bytes: clocks.bytes + [0], count: 2) == nil)
    #expect(RowClocks(bytes: clocks.bytes, count: 1) == nil)
  }
}
