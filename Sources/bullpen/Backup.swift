import ArgumentParser
import BullpenNode
import Foundation

struct Backup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy this home into one file, sealed by a passphrase.",
    discussion: """
      The file holds this device's key and everything that its workspaces keep here, as it is now; `bullpen restore` \
      makes a home of it again. The node may run meanwhile. Whoever can read the file can be you and read what was \
      sealed to you, so it is sealed (Argon2id, XChaCha20-Poly1305) unless --plain is given. Nobody can open it \
      without the passphrase, you neither.
      """)

  @OptionGroup var home: HomeOptions
  @Argument(help: "The file to write.", completion: .file()) var file: String
  @Option(
    help: ArgumentHelp("Read the passphrase from the first line of a file instead of the terminal.", valueName: "file"),
    completion: .file())
  var passphraseFile: String?
  @Flag(help: "Do not seal it. Keep it where nobody else can read it.") var plain = false
  @Flag(help: "Replace the file if there is one.") var force = false

  func validate() throws {
    if plain, passphraseFile != nil { throw ValidationError("A plain backup has no passphrase.") }
  }

  func run() async throws {
    try await carryOut(home.json) {
      let path = URL(fileURLWithPath: file).standardizedFileURL.path
      let secret = plain ? nil : try Passphrase.new(passphraseFile)
      let summary = try Home.backUp(home.path, to: path, passphrase: secret, replaces: force)
      if home.json { return try BackupAnswer(summary, file: path).show() }
      let count = Output.many(summary.workspaces, "workspace")
      Output.line("This device with \(count) is in \(path), \(BackupAnswer.size(summary.bytes)).")
      if summary.isSealed {
        Output.line("It is sealed by your passphrase. Without that nobody can open it, you neither.")
      } else {
        Output.line("It is not sealed: whoever can read it can be you, and read what was sealed to you.")
        if summary.isExposed {
          Output.line("The disk that it is on keeps no permissions, so everybody here can read it.")
        }
      }
      Output.line("To come back on another disk: bullpen restore FILE")
    }
  }
}

struct Restore: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a home from a backup.",
    discussion: """
      The home must be empty or not there yet. The device comes back as it was when the backup was made, and goes on in \
      a history of its own from there, so that nothing is written twice; what it wrote after the backup comes back from \
      the others, as far as they have it. Use only one of the two: a laptop that is still alive with the same key must \
      not run its node any more.
      """)

  @OptionGroup var home: HomeOptions
  @Argument(help: "The backup.", completion: .file()) var file: String
  @Option(
    help: ArgumentHelp("Read the passphrase from the first line of a file instead of the terminal.", valueName: "file"),
    completion: .file())
  var passphraseFile: String?

  func run() async throws {
    try await carryOut(home.json) {
      let path = URL(fileURLWithPath: file).standardizedFileURL.path
      let summary = try Home.restore(path, to: home.path) { try Passphrase.known(passphraseFile) }
      if home.json { return try BackupAnswer(summary, file: path).show() }
      let count = Output.many(summary.workspaces, "workspace")
      Output.line(
        "The device \("\(summary.device)".prefix(8)) with \(count) is in \(home.path), as it was \(summary.madeInWords)."
      )
      Output.line("What it wrote after that comes back from the others, as far as they have it.")
      Output.line(
        "Use only one of the two: if the laptop that was backed up is still alive, end its node (`bullpen down`, "
          + "`bullpen service disable`) and do not start it again.")
      Output.line("Start this one with `bullpen up`.")
    }
  }
}

/// What both print for programs.
struct BackupAnswer: Encodable {
  var file: String
  var deviceId: String
  var madeAt: String
  var workspaces: Int
  var bytes: Int64
  var isSealed: Bool

  init(_ summary: BackupSummary, file: String) {
    self.file = file
    deviceId = "\(summary.device)"
    madeAt = summary.date.ISO8601Format()
    workspaces = summary.workspaces
    bytes = summary.bytes
    isSealed = summary.isSealed
  }

  func show() throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    Output.json(try encoder.encode(self))
  }

  /// "812 kB", "3.4 MB", "1.2 GB".
  static func size(_ bytes: Int64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"]
    var (value, place) = (Double(bytes), 0)
    while value >= 1_000, place < units.count - 1 { (value, place) = (value / 1_000, place + 1) }
    let number = place < 2 || value >= 100 ? String(Int(value)) : String(format: "%.1f", value)
    return "\(number) \(units[place])"
  }
}

extension BackupSummary {
  var date: Date { Date(timeIntervalSince1970: Double(made) / 1_000) }

  /// "on 2026-11-21 at 09:47 UTC (3 h ago)"
  var madeInWords: String {
    let day = date.ISO8601Format(.iso8601.year().month().day())
    let time = date.ISO8601Format(.iso8601.time(includingFractionalSeconds: false)).prefix(5)
    return "on \(day) at \(time) UTC (\(Output.ago(made)))"
  }
}
