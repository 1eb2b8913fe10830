import Foundation
import Glibc

/// A machine of its own on this machine: a thread with its own network, mount and host name, so that nothing it
/// sends by mDNS leaves it. What is started by `run` (threads and processes) lives in there, too.
///
/// Unchecked: `job` and `isOver` are reached only while `condition` is held.
final class LabHost: @unchecked Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let condition = NSCondition()
  private var job: (() -> Void)?
  private var isOver = false
  private(set) var thread: pid_t = 0

  /// Whether this process may make such hosts: it must be root, with the right to namespaces.
  static let isPossible: Bool = {
    guard geteuid() == 0, let host = try? LabHost(name: "probe") else { return false }
    host.end()
    return true
  }()

  init(name: String) throws {
    let thread = Thread { [unowned self] in serve() }
    thread.name = name
    thread.start()
    do {
      self.thread = try run { try Self.libc("gettid", as: (@convention(c) () -> pid_t).self)() }
      try run { try Self.separate(name) }
    } catch {
      end()
      throw error
    }
  }

  private func serve() {
    condition.lock()
    while !isOver {
      if let job {
        job()
        self.job = nil
        condition.broadcast()
      } else {
        condition.wait()
      }
    }
    condition.unlock()
  }

  func run<Result>(_ body: () throws -> Result) throws -> Result {
    var outcome: Swift.Result<Result, any Error>?
    try withoutActuallyEscaping(body) { body in
      condition.lock()
      defer { condition.unlock() }
      guard !isOver else { throw Failure(description: "the host has ended") }
      while job != nil { condition.wait() }
      job = { outcome = .init(catching: body) }
      condition.broadcast()
      while outcome == nil { condition.wait() }
    }
    guard let outcome else { throw Failure(description: "no outcome") }
    return try outcome.get()
  }

  func end() {
    condition.lock()
    isOver = true
    condition.broadcast()
    condition.unlock()
  }

  private static func separate(_ name: String) throws {
    // CLONE_NEWNET, CLONE_NEWNS and CLONE_NEWUTS
    let own: Int32 = 0x4000_0000 | 0x0002_0000 | 0x0400_0000
    try check(libc("unshare", as: (@convention(c) (Int32) -> Int32).self)(own), "unshare")
    try check(mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil), "a private mount tree")
    try check(mount("none", "/run", "tmpfs", 0, nil), "an own /run")
    try check(sethostname(name, name.utf8.count), "a host name")
    for folder in ["/run/dbus", "/run/avahi-daemon"] { try check(mkdir(folder, 0o755), folder) }
    try command("/usr/sbin/ip", "link", "set", "lo", "up")
  }

  /// A function of libc whose declaration Swift does not import, because headers show it to GNU sources alone.
  private static func libc<Function>(_ name: String, as type: Function.Type) throws -> Function {
    guard let symbol = dlsym(nil, name) else { throw Failure(description: "libc has no \(name)") }
    // The callers give the function's documented C type.
    return unsafeBitCast(symbol, to: type)
  }

  private static func check(_ code: Int32, _ what: String) throws {
    if code != 0 { throw Failure(description: "\(what): \(String(cString: strerror(errno)))") }
  }

  /// Joins both hosts by a cable with `lan` at either end, and gives the addresses 10.77.0.1 and 10.77.0.2.
  static func cable(_ a: LabHost, _ b: LabHost) throws {
    let other = b.thread
    try a.run { try command("/usr/sbin/ip", "link", "add", "lan", "type", "veth", "peer", "lan", "netns", "\(other)") }
    for (number, host) in [(1, a), (2, b)] {
      try host.run {
        try command("/usr/sbin/ip", "addr", "add", "10.77.0.\(number)/24", "dev", "lan")
        try command("/usr/sbin/ip", "link", "set", "lan", "up")
      }
    }
  }

  /// Starts a program in this thread's host; returns its process id.
  static func spawn(_ arguments: [String]) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0)
    }
    let texts = arguments.map { strdup($0) }
    defer { texts.forEach { free($0) } }
    var process = pid_t()
    let code = posix_spawn(&process, arguments[0], &actions, nil, texts + [nil], environ)
    guard code == 0 else { throw Failure(description: "\(arguments[0]): \(String(cString: strerror(code)))") }
    return process
  }

  static func command(_ arguments: String...) throws {
    let process = try spawn(arguments)
    var status: Int32 = 0
    waitpid(process, &status, 0)
    if status != 0 { throw Failure(description: "\(arguments.joined(separator: " ")) ended with \(status)") }
  }

  static func kill(_ process: pid_t) {
    Glibc.kill(process, SIGKILL)
    var status: Int32 = 0
    waitpid(process, &status, 0)
  }
}

/// The system's Avahi daemon and its D-Bus, in a host.
struct LabDaemons {
  private let host: LabHost
  private let bus: pid_t
  private let avahi: pid_t

  init(on host: LabHost) throws {
    self.host = host
    bus = try host.run {
      try LabHost.spawn(["/usr/bin/dbus-daemon", "--system", "--nofork", "--nopidfile"])
    }
    // The daemon gives up at once when there is no bus yet.
    let deadline = Date(timeIntervalSinceNow: 10)
    while try host.run({ access("/run/dbus/system_bus_socket", F_OK) }) != 0 {
      guard Date() < deadline else { throw LabHost.Failure(description: "no D-Bus within 10 s") }
      sched_yield()
    }
    avahi = try Self.avahi(on: host)
  }

  private init(_ host: LabHost, bus: pid_t, avahi: pid_t) {
    self.host = host
    self.bus = bus
    self.avahi = avahi
  }

  private static func avahi(on host: LabHost) throws -> pid_t {
    try host.run { try LabHost.spawn(["/usr/sbin/avahi-daemon", "--no-drop-root", "--no-chroot"]) }
  }

  /// The same bus, with another Avahi daemon in place of one that was killed.
  func withAvahiAgain() throws -> LabDaemons { LabDaemons(host, bus: bus, avahi: try Self.avahi(on: host)) }

  func killAvahi() { LabHost.kill(avahi) }
  func killBus() { LabHost.kill(bus) }

  static let areInstalled =
    access("/usr/bin/dbus-daemon", X_OK) == 0 && access("/usr/sbin/avahi-daemon", X_OK) == 0
}
