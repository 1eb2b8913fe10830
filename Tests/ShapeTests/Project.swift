import Foundation

/// The tree that these tests read: the package that they are part of, or a copy of it.
struct Project {
  let root: URL

  static let here = Project(
    root: URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent())

  struct File {
    /// From the root, as in `Sources/BullpenCore/Limits.swift`.
    let path: String
    let text: String
    /// Under `Sources`, the folder that names the module.
    var module: String? {
      let parts = path.split(separator: "/")
      return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }
    var isGenerated: Bool { path.contains("/Generated/") }
  }

  /// Text files under a folder, in order of path; what tools build or fetch is left out.
  func files(under folder: String = "", where wanted: (String) -> Bool = { _ in true }) -> [File] {
    // What tools make or keep beside the project.
    let foreign: Set = [".build", ".git", ".venv", ".swiftpm", "__pycache__", ".pytest_cache", "Package.resolved"]
    var found: [File] = []
    func walk(_ path: String) {
      let url = path.isEmpty ? root : root.appendingPathComponent(path)
      for name in ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted() {
        if foreign.contains(name) || name.hasPrefix(".build") { continue }
        let child = path.isEmpty ? name : path + "/" + name
        var isFolder: ObjCBool = false
        let full = root.appendingPathComponent(child).path
        guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder) else { continue }
        if isFolder.boolValue {
          walk(child)
        } else if wanted(child), let text = try? String(contentsOfFile: full, encoding: .utf8) {
          found.append(File(path: child, text: text))
        }
      }
    }
    walk(folder)
    return found
  }

  func swift(under folder: String) -> [File] { files(under: folder) { $0.hasSuffix(".swift") } }

  func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)) ?? []).sorted()
  }

  /// Copies one folder to a place of its own, so that a fault can be planted.
  static func withCopy(of folder: String, _ body: (Project) throws -> Void) throws {
    let copy = Project(
      root: FileManager.default.temporaryDirectory.appendingPathComponent("bullpen-shape-\(UUID().uuidString)"))
    defer { try? FileManager.default.removeItem(at: copy.root) }
    for file in here.files(under: folder) { try copy.plant(file.text, at: file.path) }
    try body(copy)
  }

  func plant(_ text: String, at path: String) throws {
    let url = root.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }
}
