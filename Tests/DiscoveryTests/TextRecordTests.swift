import BullpenCore
import Testing

@testable import BullpenDiscovery

@Suite("What is announced") struct TextRecordTests {
  @Test("pairs become strings in a fixed order, and come back")
  func roundTrip() {
    let pairs = ["v": "1", "p": "4711"]
    #expect(TextRecord.strings(of: pairs) == [Array("p=4711".utf8), Array("v=1".utf8)])
    #expect(TextRecord.pairs(of: TextRecord.strings(of: pairs)) == pairs)
  }

  @Test("Avahi's list is lent and copied without loss")
  func throughAvahi() {
    let copied = TextRecord.withList(of: ["v": "1", "p": "4711"]) { TextRecord.copy($0) }
    #expect(TextRecord.pairs(of: copied) == ["v": "1", "p": "4711"])
    #expect(TextRecord.withList(of: [:]) { TextRecord.copy($0) } == [])
  }

  @Test("odd pairs are left out, the first of a key counts, and keys know no case")
  func odd() {
    let strings: [[UInt8]] = [
      Array("v=1".utf8), Array("V=2".utf8), Array("novalue".utf8), Array("=nokey".utf8), [], [0xff, 0x3d, 0x31],
      Array("x=".utf8) + [0xff], Array("longerthan9=1".utf8), Array("n=a\u{7}b".utf8), Array("P=9=8".utf8),
    ]
    #expect(TextRecord.pairs(of: strings) == ["v": "1", "p": "9=8"])
  }

  @Test("an oversized record says nothing")
  func oversized() {
    let strings = [Array("v=1".utf8), [UInt8](repeating: 0x61, count: Limits.advertisedTextBytes)]
    #expect(TextRecord.pairs(of: strings) == [:])
  }

  @Test("an advertisement that breaks a rule cannot be made")
  func advertisement() {
    #expect(Advertisement(instance: "a", port: 1, txt: [:]) != nil)
    #expect(Advertisement(instance: String(repeating: "é", count: 31), port: 1, txt: [:]) != nil)
    #expect(Advertisement(instance: String(repeating: "é", count: 32), port: 1, txt: [:]) == nil)
    #expect(Advertisement(instance: "", port: 1, txt: [:]) == nil)
    #expect(Advertisement(instance: "a\u{0}", port: 1, txt: [:]) == nil)
    #expect(Advertisement(instance: "a", port: 0, txt: [:]) == nil)
    #expect(Advertisement(instance: "a", port: 1, txt: ["": "x"]) == nil)
    #expect(Advertisement(instance: "a", port: 1, txt: ["a=b": "x"]) == nil)
    #expect(Advertisement(instance: "a", port: 1, txt: ["k": String(repeating: "x", count: 300)]) == nil)
  }

  @Test("a name that is taken gets a number and stays one label")
  func alternatives() {
    #expect(InstanceName.alternative("abc", attempt: 1) == "abc")
    #expect(InstanceName.alternative("abc", attempt: 3) == "abc-3")
    let long = InstanceName.alternative(String(repeating: "é", count: 31), attempt: 10)
    #expect(InstanceName.isValid(long) && long.hasSuffix("é-10"))
  }
}

@Suite("A publication") struct PublicationTests {
  @Test("after fifteen names that are another's there is a pause, and then all starts over")
  func collisions() {
    var publication = Publication()
    _ = publication.want(Advertisement(instance: "abc", port: 1, txt: [:]))
    var names: [String] = []
    while let next = publication.next(at: 1_000) {
      names.append(next.name)
      publication.handedOver()
      publication.taken(at: 1_000)
    }
    #expect(names.count == Limits.instanceAttempts && names.first == "abc" && names.last == "abc-15")
    #expect(publication.trouble != nil && publication.nextDeadline == 1_000 + Limits.collisionPause)
    #expect(publication.next(at: 1_000 + Limits.collisionPause)?.name == "abc")
  }

  @Test("a new day's name replaces the old one, which stays known as ours")
  func newDay() {
    var publication = Publication()
    for day in 1...9 {
      let isNews = publication.want(Advertisement(instance: "day-\(day)", port: 1, txt: [:]))
      #expect(isNews)
    }
    #expect(publication.ownNames == ["day-9", "day-8", "day-7", "day-6", "day-5"])
    let isNews = publication.want(Advertisement(instance: "day-9", port: 1, txt: [:]))
    #expect(!isNews)
  }
}
