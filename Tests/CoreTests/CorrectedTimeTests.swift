import BullpenCore
import Testing

@Suite("Corrected time")
struct CorrectedTimeTests {
  private let now = Instant(boot: 50_000, wall: 1_700_000_000_000)

  private func device(_ index: Int) -> DeviceID { DeviceID(Scramble.bytes("device \(index)")) }

  private func time(_ offsets: Int64...) -> CorrectedTime {
    var time = CorrectedTime()
    for (index, offset) in offsets.enumerated() { time.note(device(index), wall: now.wall + offset, at: now) }
    return time
  }

  @Test("alone, or with one peer, a machine believes its own clock")
  func alone() {
    #expect(time().corrected(at: now) == now.wall)
    #expect(time(90_000).corrected(at: now) == now.wall)
  }

  @Test("two that agree within two seconds correct it; two that do not change nothing")
  func two() {
    #expect(time(90_000, 92_000).correction == 90_000)
    #expect(time(90_000, 92_001).correction == 0)
  }

  @Test("the median of many holds, and one that is far off does not move it")
  func median() {
    #expect(time(1_000, 1_200, 900_000_000).correction == 1_200)
    #expect(time(-900_000_000, 1_000, 1_200, 1_400, 900_000_000).correction == 1_200)
    #expect(time(1_000, 1_100, 1_200, 1_300).correction == 1_100)
  }

  @Test("a median with which nobody agrees is one peer's word, and changes nothing")
  func lone() {
    #expect(time(0, 10, 5_000_000, 7_000_000, 9_000_000).correction == 0)
  }

  @Test("half of a round trip is the way back; a slow one says nothing")
  func roundTrip() {
    var time = CorrectedTime()
    time.sample(device(0), wall: now.wall + 1_000, sentAt: now.boot - 600, at: now)
    #expect(time.offset(of: device(0)) == 1_300)
    time.sample(device(1), wall: now.wall, sentAt: now.boot - Limits.clockRoundTrip - 1, at: now)
    #expect(time.offset(of: device(1)) == nil)
    time.sample(device(2), wall: now.wall, sentAt: now.boot + 1, at: now)
    #expect(time.offset(of: device(2)) == nil, "an answer to what was not asked yet")
  }

  @Test("no number that a peer makes up ends the node", arguments: [Int64.min, -1, .max, 1 << 47])
  func absurd(number: Int64) {
    var time = CorrectedTime()
    time.note(device(0), wall: number, at: now)
    time.sample(device(1), wall: number, sentAt: now.boot, at: now)
    time.sample(device(2), wall: now.wall, sentAt: number, at: now)
    #expect(time.offset(of: device(0)) == nil)
    #expect(time.offset(of: device(1)) == nil)
    #expect(time.offset(of: device(2)) == nil)
    #expect(time.suspects.isEmpty)
  }

  @Test("the newest word of each device counts, and no more devices than a node has peers")
  func bounded() {
    var time = time(500)
    time.note(device(0), wall: now.wall + 700, at: now)
    #expect(time.offset(of: device(0)) == 700)
    for index in 1...Limits.peers { time.note(device(index), wall: now.wall, at: now) }
    #expect(time.offset(of: device(Limits.peers - 1)) == 0)
    #expect(time.offset(of: device(Limits.peers)) == nil)
    time.forget(device(0))
    #expect(time.offset(of: device(0)) == nil)
  }

  @Test("the machine whose clock is wrong is named: ours when two agree against it, else the peer that differs")
  func suspects() {
    #expect(time(0, 100).suspects.isEmpty)
    #expect(time(300_000, 300_100).suspects.isEmpty, "five minutes are within the bound")
    #expect(time(600_000, 600_100).suspects == [.ourselves(by: -600_000)])
    #expect(time(600_000).suspects == [.peer(device(0), by: 600_000)])
    #expect(time(0, 100, -400_000).suspects == [.peer(device(2), by: -400_000)])
    #expect(
      time(600_000, 600_100, 0).suspects == [.ourselves(by: -600_000), .peer(device(2), by: -600_000)])
  }

  @Test("a clock that is set does not move the office's time, and moves one's own where there is no office")
  func steps() {
    let later = Instant(boot: now.boot + 1_000, wall: now.wall + 1_000 + 86_400_000)
    var shared = time(0, 100)
    #expect(shared.corrected(at: later) == now.wall + 1_000)
    let wasSet = shared.read(at: later)
    #expect(wasSet)
    #expect(shared.corrected(at: later) == now.wall + 1_000)
    #expect(shared.suspects == [.ourselves(by: 86_400_000)])
    let wasSetAgain = shared.read(at: later.advanced(by: 5_000))
    #expect(!wasSetAgain)

    var alone = time(0)
    #expect(alone.corrected(at: later) == later.wall)
    alone.read(at: later)
    #expect(alone.corrected(at: later) == later.wall)
    #expect(alone.suspects == [.peer(device(0), by: -86_400_000)])
  }

  @Test("certain is what has come by every clock, where none agrees; alone, what had come before and the time since")
  func certain() {
    let day: Int64 = 86_400_000
    func alone(_ wall: Int64) -> CorrectedTime { CorrectedTime(since: Instant(boot: now.boot - 5_000, wall: wall)) }
    #expect(alone(now.wall - 700 * day).certain(at: now) == now.wall - 700 * day + 5_000)
    #expect(alone(now.wall + day).certain(at: now) == now.wall, "a clock that was ahead and was set right")
    #expect(time().certain(at: now) == now.boot)
    #expect(time(500).certain(at: now) == now.wall)
    #expect(time(-day).certain(at: now) == now.wall - day)
    #expect(time(day).certain(at: now) == now.wall)
    #expect(time(day, -3 * day, -day).certain(at: now) == now.wall - 3 * day)
    #expect(time(-day, -day, 3 * day).certain(at: now) == now.wall - day)
  }

  @Test("the time is agreed on where somebody's clock is within the bound; of two that differ by more nobody knows")
  func agreed() {
    #expect(!time().isAgreed)
    #expect(time(500).isAgreed)
    #expect(time(Limits.clockBound).isAgreed)
    #expect(!time(Limits.clockBound + 1).isAgreed)
    #expect(time(86_400_000, 86_400_100).isAgreed)
    #expect(time(0, 86_400_000).isAgreed)
  }

  @Test("who agrees with the corrected time is told from who does not, and from who has told no clock")
  func agreesWith() {
    let office = time(40, 90, 86_400_000)
    #expect([0, 1, 2, 3].map { office.agrees(with: device($0)) } == [true, true, false, false])
  }
}
