@_spi(Proof) @testable import BullpenCore
import Testing

@Suite("Which statements are kept where there is no room for all")
struct StatementBookTests {
  typealias Office = MembershipOffice

  /// A small book, so that a few dozen statements fill it.
  private static var small: StatementBook.Room {
    var room = StatementBook.Room()
    (room.all, room.owner, room.ownerOrdinary) = (60, 20, 16)
    (room.branch, room.twig, room.reserve) = (16, 8, 2)
    return room
  }

  private func book(
    of statements: [Verified<ProvedStatement>], _ room: StatementBook.Room = Self.small
  ) -> StatementBook {
    let uncut = statements.filter {
      switch $0.value.statement.claim {
      case .cut, .demotion: false
      default: true
      }
    }
    return StatementBook(
      statements.map(\.value), Membership.evaluate(statements, prover: Office.prover),
      uncut: Membership.evaluate(uncut, prover: Office.prover), room: room)
  }

  private func count(_ book: StatementBook, _ office: Office, by devices: [String]) -> Int {
    let devices = Set(devices.map(Office.device))
    return office.statements.count { devices.contains($0.value.statement.signer) && book.kept.contains($0.value.id) }
  }

  @Test("whoever lets in puppets fills no more of the book with them than alone")
  func puppets() {
    var office = Office()
    office.admit("bob", as: .admin, by: "ada", at: 1)
    office.admit("mallory", as: .admin, by: "ada", at: 1)
    var puppets: [String] = []
    for index in 0..<10 {
      puppets.append("puppet \(index)")
      office.admit(puppets[index], as: .admin, by: index < 3 ? "mallory" : "puppet \(index - 3)", at: 2)
      for number in 0..<10 { office.offer("junk \(index) \(number)", by: puppets[index], at: 3) }
    }
    for number in 0..<5 { office.offer("bob's \(number)", by: "bob", at: 4) }
    let book = book(of: office.statements)
    #expect(count(book, office, by: puppets + ["mallory"]) == 16)
    for puppet in puppets { #expect(count(book, office, by: [puppet]) <= 6) }
    #expect(count(book, office, by: ["bob"]) == 5)
    #expect(count(book, office, by: ["ada"]) == 3)
  }

  @Test("a lost laptop that states all that its member may does not keep the member from cutting it")
  func lostLaptop() {
    var office = Office()
    office.admit("bob", by: "ada", at: 1)
    office.admit("laptop", of: "bob", by: "bob", at: 2)
    for number in 0..<30 { office.offer("junk \(number)", by: "bob", at: 3) }
    for number in 0..<30 { office.offer("more junk \(number)", by: "laptop", at: 3) }
    for _ in 0..<4 { office.cut("bob", keeping: 5, by: "laptop", at: 3) }
    office.cut("laptop", keeping: 0, by: "bob", at: 4)
    var book = book(of: office.statements)
    let cut = office.statements[office.statements.count - 1].value
    #expect(book.kept.contains(cut.id))
    let claim = Statement.Claim.invite(Invite(invite: Office.invite("late"), role: .guest, uses: 1, expiry: 9))
    office.state(claim, by: "bob", at: 5)
    let shortage = book.shortage(for: office.statements[office.statements.count - 1].value)
    #expect(shortage == .member(12))
  }

  @Test("the owner has room, whatever others have stated; and one whom nobody kept lets in takes none")
  func owner() {
    var office = Office()
    for name in 0..<6 {
      office.admit("m\(name)", as: .admin, by: "ada", at: 1)
      for number in 0..<20 { office.offer("\(name) \(number)", by: "m\(name)", at: 2) }
      office.admit("late \(name)", as: .admin, by: "m\(name)", at: 3)
      office.offer("by late \(name)", by: "late \(name)", at: 4)
    }
    for name in 0..<6 { office.cut("m\(name)", keeping: 3, by: "ada", at: 5) }
    let book = book(of: office.statements)
    #expect(book.kept.count == 60)
    #expect(count(book, office, by: ["ada"]) == 13)
    #expect(count(book, office, by: (0..<6).map { "late \($0)" }) == 0)
  }

  /// People under one another, each with more to say than there is room for.
  private func flood(_ random: inout SeededRandomness) -> Office {
    var office = Office()
    var names = ["ada"]
    func anybody() -> String { names[Int(random.next() % UInt64(names.count))] }
    for index in 0..<24 {
      let name = "n\(index)"
      let root = anybody()
      if random.next() % 4 == 0, root != "ada" {
        office.admit(
          name, as: .member, of: Self.first(of: root, names), by: Self.device(root), at: Int64(random.next() % 50))
        names.append(name + "@" + Self.first(of: root, names))
      } else {
        office.admit(name, as: .admin, by: Self.device(root), at: Int64(random.next() % 50))
        names.append(name)
      }
    }
    for _ in 0..<120 {
      let name = anybody()
      let time = Int64(random.next() % 50)
      let device = Self.device(name)
      switch random.next() % 6 {
      case 0: office.cut(Self.device(anybody()), keeping: random.next() % 9, by: device, at: time)
      default:
        office.offer("door \(random.next())", by: device, at: time)
      }
    }
    return office
  }

  private static func device(_ name: String) -> String { String(name.prefix { $0 != "@" }) }
  private static func first(of name: String, _ names: [String]) -> String {
    name.contains("@") ? String(name.drop { $0 != "@" }.dropFirst()) : name
  }

  /// What a node keeps that has heard so much, and what waits there.
  private struct Node {
    var kept: [Verified<ProvedStatement>] = []
    var waiting: [Verified<ProvedStatement>] = []
    var ids: Set<StatementID> { Set(kept.map(\.value.id)) }
  }

  /// One hears statements in parts.
  private func tell(
    _ node: inout Node, _ coming: [Verified<ProvedStatement>], _ random: inout SeededRandomness
  ) {
    var coming = coming
    while !coming.isEmpty {
      let known = Set((node.kept + node.waiting).map(\.value.id))
      let part = coming.prefix(1 + Int(random.next() % 40))
      coming.removeFirst(part.count)
      let all = node.kept + node.waiting + part.filter { !known.contains($0.value.id) }
      let now = book(of: all)
      node.kept = all.filter { now.kept.contains($0.value.id) }
      node.waiting = all.filter { !now.kept.contains($0.value.id) && !now.surplus.contains($0.value.id) }
    }
  }

  @Test("in whatever order and however divided statements come, all nodes end with the same", arguments: 1...60)
  func order(seed: UInt64) {
    var random = SeededRandomness(seed: seed)
    let office = flood(&random)
    let whole = book(of: office.statements)
    #expect(whole.kept.count <= 60 && whole.kept.count < office.statements.count)
    // Where even credentials have to go, the room of whom they let in comes free, and others have it.
    let isSettled = office.statements.allSatisfy { $0.value.admitted == nil || whole.kept.contains($0.value.id) }
    var nodes = (0..<4).map { _ in
      var node = Node()
      tell(&node, office.statements.shuffled(using: &random), &random)
      return node
    }
    if isSettled { for node in nodes { #expect(node.ids.symmetricDifference(whole.kept).isEmpty) } }
    for _ in 0..<4 where Set(nodes.map(\.ids)).count > 1 {
      for from in nodes.indices {
        for to in nodes.indices where to != from { tell(&nodes[to], nodes[from].kept, &random) }
      }
    }
    #expect(Set(nodes.map(\.ids)).count == 1)
  }
}
