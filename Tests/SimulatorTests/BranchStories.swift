import BullpenCore
import BullpenSimulator
import Testing

@Suite("Stories of disks that were put back")
struct BranchStories {
  private let ada = 0
  private let bob = 1
  private let eve = 2
  private let dan = 3
  private let ada2 = 4

  /// An office in which an image of bob's disk was taken.
  private func office(seed: UInt64) throws -> Simulation {
    let office = try openOffice(seed: seed) { $0.onFiles = [bob] }
    office.post(bob, "first")
    office.advance(by: 1_000)
    office.bring(.takeImage(bob))
    return office
  }

  @Test("half the office knows one history of a laptop and half another: all have both, and it goes on in a third")
  func halves() throws {
    let office = try office(seed: 41)
    let before = office.incarnation(bob)
    office.bring(.split([ada, bob]))
    office.advance(by: 9_000)
    office.post(bob, "left")
    office.advance(by: 2_000)
    #expect(Set(office.activities(ada)) == ["first", "left"])

    office.bring(.heal)
    office.bring(.split([ada, ada2]))
    office.bring(.putBack(bob))
    office.post(bob, "right")
    office.advance(by: 12_000)
    #expect(office.incarnation(bob) == before)
    #expect(Set(office.activities(eve)) == ["first", "right"])
    #expect(Set(office.activities(ada2)) == ["first", "left"])

    #expect(office.settle() == [])
    for node in [ada, bob, eve, dan, ada2] {
      #expect(Set(office.activities(node)) == ["first", "left", "right"])
      #expect(office.branches(node, of: bob) == 2)
    }
    #expect(office.incarnation(bob) != before)
    office.post(bob, "third")
    office.advance(by: 2_000)
    #expect(Set(office.activities(dan)) == ["first", "left", "right", "third"])
    #expect(office.branches(dan, of: bob) == 2)
    #expect(office.settle() == [])
  }

  @Test(
    "of the nine histories of a disk that is put back nine times all keep the same eight; the ninth is not asked for without end"
  )
  func nine() throws {
    let office = try office(seed: 42)
    for number in 1...9 {
      office.bring(.unplug(bob))
      office.bring(.putBack(bob))
      office.post(bob, "branch \(number)")
      office.advance(by: 1_000)
      office.bring(.heal)
      office.advance(by: 8_000)
    }
    let eight = Set(office.activities(ada))
    #expect(eight.contains("first"))
    #expect((1...9).count { eight.contains("branch \($0)") } == Limits.branches)
    for node in [ada, eve, dan, ada2] {
      #expect(Set(office.activities(node)) == eight)
      #expect(office.branches(node, of: bob) == Limits.branches)
      #expect(office.withholders(node) == [])
    }
    office.advance(by: 60_000)
    let before = (office.bytesSent, (0..<5).map { office.received($0) })
    office.advance(by: 60_000)
    // Each of four asks bob once in half a minute, and bob asks one of them for the one that he lacks.
    for node in 0..<5 { #expect(office.received(node) - before.1[node] <= 12) }
    #expect(office.bytesSent - before.0 < 60 * 5 * 1_000)
    for node in [ada, eve, dan, ada2] { #expect(Set(office.activities(node)) == eight) }
    // It can be read and written all the same.
    office.post(bob, "in another history")
    office.advance(by: 2_000)
    for node in [ada, eve, dan, ada2] { #expect(office.activities(node).contains("in another history")) }
    #expect(office.lookRound() == [])
  }
}
