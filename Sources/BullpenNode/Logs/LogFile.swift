import Foundation
import Glibc
import Synchronization

/// The node's log in its home: `node.log`, and `node.log.1` with what came before. When the first is full it takes
/// the place of the second, so that both together are bounded. One line each message:
///
///     2026-11-21T09:47:03.120Z info The node has started port=4781 version=0.1.0
///
/// Both are for their owner's eyes only (0600).
public final class LogFile: Sendable {
  /// Bytes of one of the two files: a week of an office at the usual level.
  public static let fileBytes = 1_048_576
  /// Bytes of one line; what is longer is cut.
  static let lineBytes = 4_096

  private struct State {
    var descriptor: Int32 = -1
    var size = 0
  }

  private let path: String
  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter home: the folder; it may be made later, for the file is opened with its first line.
  public convenience init(home: String) { self.init(path: Self.path(in: home), limit: Self.fileBytes) }

  init(path: String, limit: Int) {
    self.path = path
    self.limit = limit
  }

  deinit { state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } } }

  public static func path(in home: String) -> String { home + "/node.log" }
  static func earlier(_ path: String) -> String { path + ".1" }

  /// Adds a line. A disk that is full, or a folder that is gone, must not stop the node: the line is lost.
  func append(_ line: String) {
    var bytes = Array(line.utf8.prefix(Self.lineBytes))
    bytes.append(UInt8(ascii: "\n"))
    state.withLock { state in
      if state.descriptor >= 0, state.size + bytes.count > limit {
        close(state.descriptor)
        state.descriptor = -1
        rename(path, Self.earlier(path))
      }
      if state.descriptor < 0 { open(&state) }
      if state.descriptor < 0 { return }
      let written = write(state.descriptor, bytes, bytes.count)
      if written > 0 { state.size += written }
    }
  }

  private func open(_ state: inout State) {
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    var status = stat()
    fstat(descriptor, &status)
    state.descriptor = descriptor
    state.size = Int(status.st_size)
  }
}
