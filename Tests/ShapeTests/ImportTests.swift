import Testing

@Suite("Every import is an arrow of the design")
struct ImportTests {
  @Test("nothing under Sources imports what its module may not")
  func table() {
    #expect(ImportTable.violations(in: .here) == [])
  }

  @Test("the table names no module that is gone")
  func tableIsCurrent() {
    #expect(ImportTable.allowed.keys.sorted() == Project.here.names(in: "Sources").sorted())
  }

  @Test("the arrows have no circle, and the parts that only the node joins never see one another")
  func arrows() {
    let own = ImportTable.allowed.mapValues { $0.filter { ImportTable.allowed[$0] != nil } }
    func reaches(_ from: String, _ to: String) -> Bool {
      own[from, default: []].contains { $0 == to || reaches($0, to) }
    }
    for module in own.keys { #expect(!reaches(module, module)) }
    let parts = ["BullpenStore", "BullpenTransport", "BullpenDiscovery", "BullpenDesktop", "BullpenDelivery"]
    for one in parts {
      for other in parts where one != other { #expect(!reaches(one, other)) }
    }
  }

  @Test(
    "a planted import is found",
    arguments: [
      ("BullpenCore", "import Foundation", "BullpenCore may not import Foundation"),
      ("BullpenWeb", "import GRDB", "BullpenWeb may not import GRDB"),
      ("BullpenStore", "private import struct NIOCore.ByteBuffer", "BullpenStore may not import NIOCore"),
      ("BullpenNode", "@_spi(Proof) import BullpenCore", "only BullpenCrypto may prove"),
      ("BullpenWire", "let a = 1; @preconcurrency import Glibc", "BullpenWire may not import Glibc"),
      ("BullpenNode", "#if canImport(X509)\n  @testable import X509\n#endif", "BullpenNode may not import X509"),
      ("BullpenExtra", "", "Sources/BullpenExtra is not in the table of imports"),
    ])
  func planted(module: String, text: String, complaint: String) throws {
    try Project.withCopy(of: "Sources/\(module)") { copy in
      let before = ImportTable.violations(in: copy)
      try copy.plant(text + "\n", at: "Sources/\(module)/Planted.swift")
      #expect(ImportTable.violations(in: copy).contains { $0.hasSuffix(complaint) && !before.contains($0) })
    }
  }

  @Test("an import in prose is no import")
  func prose() throws {
    let text = """
      // import Foundation
      /* import GRDB /* import NIOCore */ import Glibc */
      let a = "import Logging", b = #"import "X509"#
      let c = \"\"\"
        import Metrics
        \"\"\"
      """
    #expect(ImportTable.imports(of: Project.File(path: "Sources/BullpenCore/A.swift", text: text)).isEmpty)
  }
}
