import BullpenSimulator
import Testing

@Suite("Growth of an office")
struct GrowthTests {
  @Test("in an office of three and of twelve a change is soon everywhere, and who slept catches up")
  func small() throws {
    let three = try Growth.measure(nodes: 3)
    let twelve = try Growth.measure(nodes: 12)
    for growth in [three, twelve] {
      #expect(growth.all < 1_000 && growth.half <= growth.all)
      #expect(growth.change > 0 && growth.catchUp > 0 && growth.caughtUp < 5_000)
    }
    #expect(three.connections == 2)
    // Beyond eight peers the mesh is partial, and nobody sends everything to everybody.
    #expect(twelve.connections < 11)
    #expect(twelve.change < 12 * 12 * three.change)
  }
}
