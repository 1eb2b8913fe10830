/// Who may import whom. An arrow means "may import"; whatever is not here may not.
///
/// The compiler's own check lets a module import what its dependencies bring along, so a test reads every import.
enum ImportTable {
  static let allowed: [String: Set<String>] = [
    "BullpenCore": [],
    // A protobuf field of bytes is Foundation's Data.
    "BullpenWire": ["BullpenCore", "Foundation", "SwiftProtobuf"],
    "BullpenCrypto": ["BullpenCore", "CSodium", "Foundation", "Glibc"],
    "BullpenStore": ["BullpenCore", "BullpenCrypto", "BullpenWire", "Foundation", "GRDB", "GRDBSQLite"],
    "BullpenTransport": [
      "BullpenCore", "BullpenCrypto", "BullpenWire", "Crypto", "Foundation", "Glibc", "NIOCore", "NIOPosix", "NIOSSL",
      "NIOTLS", "SwiftASN1", "Synchronization", "X509",
    ],
    "BullpenDiscovery": ["BullpenCore", "CAvahi", "CAvahiCore", "Glibc", "Synchronization"],
    "BullpenDesktop": ["BullpenCore", "CDBus", "Dispatch", "Glibc"],
    "BullpenNode": [
      "BullpenCore", "BullpenCrypto", "BullpenDesktop", "BullpenDiscovery", "BullpenStore", "BullpenTransport",
      "BullpenWire",
      "Dispatch", "Foundation", "Glibc", "Logging", "Metrics", "NIOCore", "NIOPosix", "ServiceLifecycle",
      "Synchronization",
    ],
    "BullpenWeb": [
      "BullpenCore", "BullpenNode", "CQREncode", "Foundation", "HTTPTypes", "Hummingbird", "HummingbirdCore", "Logging",
      "Metrics", "NIOCore", "NIOHTTP1", "NIOHTTPTypes", "NIOHTTPTypesHTTP1", "NIOWebSocket", "ServiceLifecycle",
      "Synchronization",
    ],
    // Images of disks are files.
    "BullpenSimulator": ["BullpenCore", "BullpenCrypto", "BullpenStore", "BullpenWire", "Foundation"],
    "bullpen": [
      "ArgumentParser", "AsyncHTTPClient", "BullpenCore", "BullpenNode", "BullpenWeb", "Configuration", "Dispatch",
      "Foundation", "Glibc", "Logging", "Metrics", "ServiceLifecycle", "Synchronization", "Yams",
    ],
    "bullpen-bench": [
      "ArgumentParser", "BullpenCore", "BullpenCrypto", "BullpenNode", "BullpenStore", "BullpenWire", "Dispatch",
      "Foundation", "Glibc", "GRDBSQLite", "Logging", "ServiceLifecycle", "Synchronization",
    ],
    "bullpen-fuzz": [
      "ArgumentParser", "BullpenCore", "BullpenCrypto", "BullpenDiscovery", "BullpenNode", "BullpenStore",
      "BullpenTransport", "BullpenWeb", "BullpenWire", "CAvahi", "CFuzz", "Foundation", "Glibc", "Logging", "NIOSSL",
      "ServiceLifecycle", "Synchronization",
    ],
    "bullpen-simulate": ["ArgumentParser", "BullpenSimulator", "Glibc"],
    // C libraries of the system: a module map and a header.
    "CSodium": [], "CAvahi": [], "CAvahiCore": [], "CDBus": [], "CFuzz": [], "CQREncode": [],
  ]

  /// What the protobuf plugin writes at the top of its files.
  static let generated: Set<String> = ["Foundation", "FoundationEssentials", "SwiftProtobuf"]

  /// What only BullpenCrypto may reach: it alone can say that something was proved.
  static let proof = "@_spi(Proof)"

  struct Import {
    let path: String
    let line: Int
    let module: String
    let attributes: String
  }

  static func imports(of file: Project.File) -> [Import] {
    // Attributes, an access level, `import`, a kind of declaration, the module.
    let words =
      #/
      ^\s* ( (?: @\w+ (?: \([^)]*\) )? \s* )* )
      (?: (?: public | package | internal | fileprivate | private ) \s+ )?
      import \s+ (?: (?: struct | class | enum | protocol | typealias | func | let | var | actor ) \s+ )?
      ( \w+ )
      /#
    var found: [Import] = []
    for line in SwiftText.lines(of: file.text, holding: ["import"]) {
      for part in line.text.split(separator: ";") {
        guard let match = part.firstMatch(of: words) else { continue }
        found.append(
          Import(path: file.path, line: line.number, module: String(match.2), attributes: String(match.1)))
      }
    }
    return found
  }

  /// One sentence for each import that the table does not have.
  static func violations(in project: Project) -> [String] {
    var found: [String] = []
    for module in project.names(in: "Sources") where allowed[module] == nil {
      found.append("Sources/\(module) is not in the table of imports")
    }
    for file in project.swift(under: "Sources") {
      guard let module = file.module, let mine = allowed[module] else { continue }
      for one in imports(of: file) {
        if !mine.contains(one.module), !(file.isGenerated && generated.contains(one.module)) {
          found.append("\(one.path):\(one.line): \(module) may not import \(one.module)")
        }
        if one.attributes.contains(proof), module != "BullpenCrypto" {
          found.append("\(one.path):\(one.line): only BullpenCrypto may prove")
        }
        if one.attributes.contains("@testable") {
          found.append("\(one.path):\(one.line): @testable is for tests")
        }
      }
    }
    return found
  }
}
