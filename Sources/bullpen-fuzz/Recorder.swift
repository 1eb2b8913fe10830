import Glibc

/// The input that is being looked at, in a file that outlives the process: whatever ends it, the file says by what.
///
///     count 8 ‖ bytes
final class Recorder {
  static let room = 4 * 1_024 * 1_024
  private let memory: UnsafeMutableRawPointer

  init(_ path: String) throws {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0, ftruncate(descriptor, off_t(Self.room)) == 0,
      let memory = mmap(nil, Self.room, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
    else { throw Finding("The file \(path) cannot be had.") }
    close(descriptor)
    self.memory = memory
  }

  deinit { munmap(memory, Self.room) }

  var input: [UInt8] {
    get {
      let count = min(Int(memory.load(as: UInt64.self)), Self.room - 8)
      return Array(UnsafeRawBufferPointer(start: memory + 8, count: count))
    }
    set {
      let count = min(newValue.count, Self.room - 8)
      memory.storeBytes(of: UInt64(count), as: UInt64.self)
      newValue.withUnsafeBytes {
        (memory + 8).copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(memory), byteCount: count)
      }
    }
  }
}
