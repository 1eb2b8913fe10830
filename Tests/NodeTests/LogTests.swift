import Foundation
import Logging
import Testing

@testable import BullpenNode

@Suite("The node's log")
struct LogTests {
  /// A folder that goes with the test.
  private func withFolder(_ story: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bullpen-log-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try story(folder)
  }

  private func attributes(_ path: String) throws -> (size: Int, mode: Int) {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.size] as? Int ?? -1, attributes[.posixPermissions] as? Int ?? -1)
  }

  @Test("two files of a bounded size are all there ever is, for their owner's eyes, and the newest lines are kept")
  func rotation() throws {
    try withFolder { folder in
      let path = folder + "/node.log"
      let file = LogFile(path: path, limit: 1_000)
      for number in 0..<200 { file.append("line \(number) of a long story") }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["node.log", "node.log.1"])
      for name in ["node.log", "node.log.1"] {
        let found = try attributes(folder + "/" + name)
        #expect(found.size <= 1_000)
        #expect(found.mode == 0o600)
      }
      var reader = LogReader(path: path)
      #expect(reader.last(40) == (160..<200).map { "line \($0) of a long story" })
      // A node that starts again goes on in the same file.
      LogFile(path: path, limit: 1_000).append("again")
      #expect(LogReader(path: path).lastLine == "again")
      file.append(String(repeating: "x", count: 1_000_000))
      #expect(try attributes(path).size == LogFile.lineBytes + 1)
    }
  }

  @Test("who follows the log sees every line once, over the change of files and of processes")
  func following() throws {
    try withFolder { folder in
      let path = folder + "/node.log"
      var reader = LogReader(path: path)
      #expect(reader.last(10) == [])
      #expect(reader.next() == [])
      var file = LogFile(path: path, limit: 500)
      var seen: [String] = []
      for number in 0..<100 {
        file.append("line \(number)")
        if number % 7 == 0 { seen += reader.next() }
        if number == 50 { file = LogFile(path: path, limit: 500) }
      }
      seen += reader.next()
      #expect(seen == (0..<100).map { "line \($0)" })
    }
  }

  @Test("a message is one line, whatever its values hold")
  func format() {
    let line = NodeLogHandler.line(
      Date(timeIntervalSince1970: 1_795_254_423.125), .warning, "An odd thing",
      ["port": "4781", "why": "a \"b\"\nc\u{1b}[31m", "empty": ""])
    #expect(
      line == #"2026-11-21T09:47:03.125Z warning An odd thing empty="" port=4781 why="a \"b\"\nc\u{1b}[31m""#)
  }

  @Test("the dial turns loggers that are in use, and the home keeps what they say")
  func dial() throws {
    try withFolder { folder in
      let dial = LogDial()
      let logger = Logger(node: dial, file: LogFile(home: folder))
      logger.debug("not asked for")
      logger.info("usual")
      dial.turn(to: .debug)
      logger.debug("asked for", metadata: ["port": "1"])
      dial.turn(to: .error)
      logger.info("no more")
      var reader = LogReader(home: folder)
      #expect(
        reader.last(10).map { $0.split(separator: " ", maxSplits: 1).last } == ["info usual", "debug asked for port=1"])
    }
  }

  @Test("a log that cannot be written stops nobody")
  func nowhere() {
    Logger(node: LogDial(), file: LogFile(home: "/nonexistent")).info("said to nobody")
  }
}

extension LogReader {
  fileprivate var lastLine: String? {
    var reader = self
    return reader.last(1).first
  }
}
