@testable import BullpenCore
import Testing

@Suite("Mesh")
struct MeshTests {
  private let now = Instant(boot: 50_000, wall: 1_700_000_000_000)
  private let devices = (0..<40).map { DeviceID(Scramble.bytes("device \($0)")) }.sorted()

  @Test("up to ten peers all are kept, from eleven on six, and all again when eight are left")
  func hysteresis() {
    var mesh = Mesh()
    var random = SeededRandomness(seed: 1)
    let own = devices[20]
    let others = devices.filter { $0 != own }
    mesh.update(Array(others.prefix(10)), own: own, using: &random, at: now)
    #expect(!mesh.isPartial)
    mesh.update(Array(others.prefix(11)), own: own, using: &random, at: now)
    #expect(mesh.isPartial)
    #expect(mesh.chosen.count == 6)
    mesh.update(Array(others.prefix(9)), own: own, using: &random, at: now)
    #expect(mesh.isPartial)
    mesh.update(Array(others.prefix(8)), own: own, using: &random, at: now)
    #expect(!mesh.isPartial)
  }

  @Test("the two next to it on the ring are always among them, around the end too", arguments: [0, 1, 20, 38, 39])
  func ring(place: Int) {
    var mesh = Mesh()
    var random = SeededRandomness(seed: 2)
    let own = devices[place]
    mesh.update(devices.filter { $0 != own }, own: own, using: &random, at: now)
    #expect(mesh.chosen.contains(devices[(place + 1) % 40]))
    #expect(mesh.chosen.contains(devices[(place + 39) % 40]))
    #expect(!mesh.chosen.contains(own))
  }

  @Test("who was chosen stays while it is here, and one who is gone is replaced")
  func sticky() {
    var mesh = Mesh()
    var random = SeededRandomness(seed: 3)
    let own = devices[5]
    let others = devices.filter { $0 != own }
    mesh.update(others, own: own, using: &random, at: now)
    let before = mesh.chosen
    mesh.update(others, own: own, using: &random, at: now)
    #expect(mesh.chosen == before)
    let ring = Mesh.neighbours(of: own, in: others)
    guard let gone = before.subtracting(ring).sorted().first else {
      Issue.record("nobody but the ring was chosen")
      return
    }
    mesh.update(others.filter { $0 != gone }, own: own, using: &random, at: now)
    #expect(mesh.chosen.count == 6)
    #expect(before.subtracting([gone]).isSubset(of: mesh.chosen))
  }

  @Test("a peer that has enough connections is not chosen again for a minute, unless it is of the ring")
  func declined() {
    var mesh = Mesh()
    var random = SeededRandomness(seed: 4)
    let own = devices[5]
    let others = devices.filter { $0 != own }
    mesh.update(others, own: own, using: &random, at: now)
    let ring = Mesh.neighbours(of: own, in: others)
    for device in mesh.chosen { mesh.decline(device, at: now) }
    let before = mesh.chosen
    mesh.update(others, own: own, using: &random, at: now.advanced(by: 1_000))
    #expect(mesh.chosen.intersection(before) == ring)
    #expect(mesh.chosen.count == 6)
  }

  @Test("whatever each of a large office chooses, news finds a way to everybody", arguments: 1...20)
  func hangsTogether(seed: UInt64) {
    var random = SeededRandomness(seed: seed)
    var links: [DeviceID: Set<DeviceID>] = [:]
    for own in devices {
      var mesh = Mesh()
      mesh.update(devices.filter { $0 != own }, own: own, using: &random, at: now)
      for other in mesh.chosen {
        links[own, default: []].insert(other)
        links[other, default: []].insert(own)
      }
    }
    var reached: Set<DeviceID> = [devices[0]]
    var steps = 0
    while reached.count < devices.count, steps < devices.count {
      reached.formUnion(reached.flatMap { links[$0] ?? [] })
      steps += 1
    }
    #expect(reached.count == devices.count)
    #expect(steps <= 4)
  }
}

@Suite("Shortfalls")
struct ShortfallTests {
  private let eve = DeviceID(Scramble.bytes("eve"))
  private func log(_ name: String) -> LogID {
    LogID(device: DeviceID(Scramble.bytes(name)), incarnation: Incarnation(.zero), kind: .passing)
  }

  private let now = Instant(boot: 50_000, wall: 1_700_000_000_000)
  private var later: Instant { now.advanced(by: Limits.pullPatience) }

  @Test("once may be a bad moment, twice is named, and what comes after all clears the name")
  func named() {
    var shortfalls = Shortfalls()
    shortfalls.fell(short: eve, of: log("ada"), through: 9, at: now)
    #expect(!shortfalls.isWithholding(eve, at: now))
    shortfalls.fell(short: eve, of: log("ada"), through: 10, at: later)
    #expect(shortfalls.isWithholding(eve, at: later))
    shortfalls.delivered(eve, [log("bob"): 90])
    #expect(shortfalls.isWithholding(eve, at: later), "something else is not what is missing")
    shortfalls.delivered(eve, [log("ada"): 9])
    #expect(shortfalls.isWithholding(eve, at: later), "a part is not all that is missing")
    shortfalls.delivered(eve, [log("ada"): 10])
    #expect(!shortfalls.isWithholding(eve, at: later))
  }

  @Test("one bad moment in which many logs lapse is one, and two long apart are not held against anybody together")
  func moments() {
    var shortfalls = Shortfalls()
    for (place, name) in ["ada", "bob", "dan", "mia"].enumerated() {
      shortfalls.fell(short: eve, of: log(name), through: 9, at: now.advanced(by: Int64(place)))
    }
    #expect(!shortfalls.isWithholding(eve, at: later))
    let muchLater = now.advanced(by: Limits.shortfallMemory + 10)
    shortfalls.fell(short: eve, of: log("joe"), through: 9, at: muchLater)
    #expect(!shortfalls.isWithholding(eve, at: muchLater))
    let last = muchLater.advanced(by: Limits.pullPatience)
    shortfalls.fell(short: eve, of: log("kim"), through: 9, at: last)
    #expect(shortfalls.isWithholding(eve, at: last))
    #expect(!shortfalls.isWithholding(eve, at: last.advanced(by: Limits.shortfallMemory)))
  }

  @Test("a peer that announces ever new logs fills no memory")
  func bounded() {
    var shortfalls = Shortfalls()
    let logs = (0..<(Limits.rangesQueued + 10)).map { log("\($0)") }
    for moment in [now, later] { for log in logs { shortfalls.fell(short: eve, of: log, through: 9, at: moment) } }
    #expect(shortfalls.isWithholding(eve, at: later))
    shortfalls.delivered(eve, Dictionary(uniqueKeysWithValues: logs.prefix(Limits.rangesQueued).map { ($0, 9) }))
    #expect(!shortfalls.isWithholding(eve, at: later))
  }
}
