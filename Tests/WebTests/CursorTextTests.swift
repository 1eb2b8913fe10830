import BullpenCore
import Foundation
import NIOCore
import Testing

@testable import BullpenNode
@testable import BullpenWeb

@Suite("What a node says most, written and read by hand")
struct CursorTextTests {
  static func cursor(_ position: CursorPosition, in room: String = "page:/plan") throws -> RoomCursor {
    RoomCursor(
      room: try #require(RoomID(room)), member: FakeWorkspace.bob, device: FakeWorkspace.bobsDevice, position: position)
  }

  static func member(named name: String, colour: Int = 3) -> MemberView {
    MemberView(id: FakeWorkspace.bob, name: name, role: .member, devices: [], isSelf: false, colour: colour)
  }

  static func same(_ cursor: RoomCursor, by member: MemberView?) -> Bool {
    let usual = JSON.encode(Envelope(type: "cursor.move", id: nil, data: CursorBody(cursor, by: member)))
    return CursorText.move(cursor, by: member).readableBytesView.elementsEqual(usual)
  }

  @Test("every place of a pointer is written as the library writes it")
  func fractions() throws {
    for place in UInt16.min...UInt16.max {
      let cursor = try Self.cursor(CursorPosition(pointer: .init(anchor: "", x: place, y: 0)))
      #expect(Self.same(cursor, by: nil), "\(place)")
    }
  }

  static let trickyTexts: [String] = [
    "Ada Quill", "", "Zoë 🖋️ d'Été", "a/b\\c\"d", "\u{7f}\u{2028}\u{fffd}", "e\u{301}",
    String(String.UnicodeScalarView((0..<0x30).map { Unicode.Scalar($0) })),
  ]

  @Test("so is every text", arguments: trickyTexts)
  func texts(_ text: String) throws {
    let cursor = try Self.cursor(CursorPosition(pointer: .init(anchor: text, x: 1, y: 2), payload: text))
    #expect(Self.same(cursor, by: Self.member(named: text)))
  }

  @Test("so is whatever is there or is not")
  func parts() throws {
    for parts in 0..<32 {
      var position = CursorPosition()
      if parts & 1 != 0 { position.line = .max }
      if parts & 2 != 0 { position.column = 0 }
      if parts & 4 != 0 { position.selection = .init(startLine: 1, startColumn: 22, endLine: 333, endColumn: .max) }
      if parts & 8 != 0 { position.pointer = .init(anchor: parts & 1 == 0 ? "" : "row 7", x: 0, y: .max) }
      if parts & 16 != 0 { position.payload = "{\"tool\":\"pen\"}" }
      #expect(Self.same(try Self.cursor(position, in: "board/7"), by: Self.member(named: "Bob", colour: parts % 10)))
    }
  }

  // MARK: Reading

  /// What the library's reader makes of a move.
  static func read(_ text: String) throws -> (String, CursorPosition) {
    let asked = try JSON.decode(EnvelopeContent<CursorRequest>.self, from: Array(text.utf8)).data
    return (asked.room, try asked.position.position())
  }

  @Test(
    "a usual move is read as the library reads it",
    arguments: [
      #"{"type":"cursor.move","data":{"room":"page:/plan","line":3,"column":4}}"#,
      #"{"data":{"pointer":{"anchor":"surface","x":0.5,"y":0.1234},"room":"r","payload":"@1,2;"},"type":"cursor.move"}"#,
      #"{"type":"cursor.move","id":"7","data":{"room":"Zoë","pointer":{"x":1,"y":0}}}"#,
      #"{"type":"cursor.move","data":{"room":"r","pointer":{"x":0.48291015625,"y":0.12345678901234567}}}"#,
      #"{"type":"cursor.move","data":{"room":"r","selection":{"start":{"line":1,"column":2},"end":{"line":4294967295,"column":0}}}}"#,
      " { \"type\" : \"cursor.move\" ,\n\t\"data\" : { \"room\" : \"r\" , \"line\" : 4294967295 } } ",
      #"{"type":"cursor.move","data":{"room":"r"}}"#,
    ])
  func usual(_ text: String) throws {
    let move = try #require(UsualMove(Array(text.utf8)))
    let (room, position) = try Self.read(text)
    #expect(move.room == room)
    #expect(try move.position.position() == position)
  }

  @Test("every fraction of four digits is the same place")
  func fractionsRead() throws {
    for number in 0...10_000 {
      let fraction = Double(number) / 10_000
      let text = #"{"type":"cursor.move","data":{"room":"r","pointer":{"x":\#(fraction),"y":1}}}"#
      // Foundation writes the least with an exponent, which is read by the other reader.
      guard number == 0 || number > 0 && fraction >= 0.0001 else { continue }
      let move = try #require(UsualMove(Array(text.utf8)), "\(text)")
      #expect(try move.position.position() == (try Self.read(text)).1)
    }
  }

  @Test(
    "anything else is left to the library",
    arguments: [
      "", "{", "[]", "null", #"{"type":"cursor.move"}"#, #"{"type":"room.join","data":{"room":"r"}}"#,
      #"{"type":"cursor.move","data":{"line":1}}"#, #"{"type":"cursor.move","data":{"room":"r"}} x"#,
      #"{"type":"cursor.move","data":{"room":"r","room":"s"}}"#, #"{"type":"cursor.move","data":{"room":"a\nb"}}"#,
      #"{"type":"cursor.move","data":{"room":"r","line":null}}"#,
      #"{"type":"cursor.move","data":{"room":"r","line":-1}}"#,
      #"{"type":"cursor.move","data":{"room":"r","line":1.5}}"#,
      #"{"type":"cursor.move","data":{"room":"r","line":01}}"#,
      #"{"type":"cursor.move","data":{"room":"r","line":1e3}}"#,
      #"{"type":"cursor.move","data":{"room":"r","line":"1"}}"#,
      #"{"type":"cursor.move","data":{"room":"r","pointer":{"x":1e-3,"y":1}}}"#,
      #"{"type":"cursor.move","data":{"room":"r","pointer":{"x":.5,"y":1}}}"#,
      #"{"type":"cursor.move","data":{"room":"r","pointer":{"x":0.,"y":1}}}"#,
      #"{"type":"cursor.move","data":{"room":"r","pointer":{"x":0.5}}}"#,
      #"{"type":"cursor.move","data":{"room":"r","pointer":7}}"#,
      #"{"type":"cursor.move","data":{"room":"r","selection":{"start":{"line":1,"column":2}}}}"#,
      #"{"type":"cursor.move","data":{"room":"r","line":99999999999999999999}}"#,
      #"{"type":"cursor.move","data":{"room":"r","more":1}}"#, #"{"type":"cursor.move","data":{"room":"r",}}"#,
      #"{"type":"cursor.move","data":{"room":"r"},"id":7}"#, #"{"type":"cursor.move" "data":{"room":"r"}}"#,
      "{\"type\":\"cursor.move\",\"data\":{\"room\":\"a\nb\"}}", #"{"type":"cursor.move","data":{"room":"r}}"#,
    ])
  func unusual(_ text: String) { #expect(UsualMove(Array(text.utf8)) == nil) }
}
