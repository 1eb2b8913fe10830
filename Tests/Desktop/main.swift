// A desktop for tests: it answers on a bus as GNOME's compositor, the freedesktop screen saver and the login service do,
// with what it is told to say.
//
//     desktop ADDRESS mutter screen_saver logind    as those that are named
//
// A line of its standard input is "idle MILLISECONDS", "hint true", "locked true" or their contraries; it says "ok" when
// it holds, and first when it is there.
import CDBus
import Glibc

struct Failure: Error { let reason: String }

struct Screen {
  var idle: UInt64 = 0
  var isIdle = false
  var isLocked = false

  mutating func take(_ line: String) throws {
    let words = line.split(separator: " ").map(String.init)
    guard words.count == 2 else { throw Failure(reason: "not understood: \(line)") }
    switch words[0] {
    case "idle": idle = UInt64(words[1]) ?? 0
    case "hint": isIdle = words[1] == "true"
    case "locked": isLocked = words[1] == "true"
    default: throw Failure(reason: "not understood: \(line)")
    }
  }
}

enum Bus {
  static let names = [
    "mutter": "org.gnome.Mutter.IdleMonitor", "screen_saver": "org.freedesktop.ScreenSaver",
    "logind": "org.freedesktop.login1",
  ]
}

/// Writes values of a D-Bus message, in order.
struct Writer {
  var place = DBusMessageIter()

  mutating func basic<Value: BitwiseCopyable>(_ type: Character, _ value: Value) {
    var value = value
    dbus_message_iter_append_basic(&place, Int32(type.asciiValue ?? 0), &value)
  }

  mutating func text(_ type: Character, _ text: String) {
    text.withCString { basic(type, UnsafePointer<CChar>?($0)) }
  }

  mutating func inside(_ type: Character, _ signature: String?, _ write: (inout Writer) -> Void) {
    var inner = Writer()
    dbus_message_iter_open_container(&place, Int32(type.asciiValue ?? 0), signature, &inner.place)
    write(&inner)
    dbus_message_iter_close_container(&place, &inner.place)
  }

  mutating func property(_ name: String, _ signature: String, _ write: (inout Writer) -> Void) {
    inside("e", nil) { entry in
      entry.text("s", name)
      entry.inside("v", signature, write)
    }
  }
}

func answer(_ message: OpaquePointer, _ screen: Screen, on connection: OpaquePointer) {
  guard dbus_message_get_type(message) == 1, let member = dbus_message_get_member(message) else { return }
  guard let reply = dbus_message_new_method_return(message) else { return }
  defer { dbus_message_unref(reply) }
  var writer = Writer()
  dbus_message_iter_init_append(reply, &writer.place)
  let session = "/org/freedesktop/login1/session/_32"
  switch String(cString: member) {
  case "GetIdletime": writer.basic("t", screen.idle)
  case "GetSessionIdleTime": writer.basic("u", UInt32(clamping: screen.idle))
  case "GetUser": writer.text("o", "/org/freedesktop/login1/user/_\(getuid())")
  case "Get":
    writer.inside("v", "(so)") {
      $0.inside("r", nil) {
        $0.text("s", "2")
        $0.text("o", session)
      }
    }
  case "GetAll":
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let moment = (UInt64(now.tv_sec) * 1_000 - min(screen.idle, UInt64(now.tv_sec) * 1_000)) * 1_000
    writer.inside("a", "{sv}") {
      $0.property("Id", "s") { $0.text("s", "2") }
      $0.property("IdleHint", "b") { $0.basic("b", dbus_bool_t(screen.isIdle ? 1 : 0)) }
      $0.property("IdleSinceHintMonotonic", "t") { $0.basic("t", max(moment, 1)) }
      $0.property("LockedHint", "b") { $0.basic("b", dbus_bool_t(screen.isLocked ? 1 : 0)) }
    }
  default: return
  }
  dbus_connection_send(connection, reply, nil)
}

func serve(_ address: String, as parts: [String]) throws {
  guard let connection = dbus_connection_open_private(address, nil), dbus_bus_register(connection, nil) != 0 else {
    throw Failure(reason: "no bus at \(address)")
  }
  dbus_connection_set_exit_on_disconnect(connection, 1)
  for part in parts {
    guard let name = Bus.names[part], dbus_bus_request_name(connection, name, 0, nil) == 1 else {
      throw Failure(reason: "\(part) cannot be had")
    }
  }
  var descriptor: Int32 = -1
  dbus_connection_get_unix_fd(connection, &descriptor)
  var screen = Screen()
  say("ok")
  while true {
    var waiting = [
      pollfd(fd: 0, events: Int16(POLLIN), revents: 0), pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
    ]
    poll(&waiting, 2, -1)
    if waiting[0].revents != 0 {
      guard let line = readLine() else { return }
      try screen.take(line)
      say("ok")
    }
    guard dbus_connection_read_write(connection, 0) != 0 else { return }
    while let message = dbus_connection_pop_message(connection) {
      answer(message, screen, on: connection)
      dbus_message_unref(message)
    }
    dbus_connection_flush(connection)
  }
}

func say(_ word: String) {
  print(word)
  fflush(nil)
}

do {
  guard CommandLine.arguments.count > 2 else { throw Failure(reason: "see the head of its source") }
  try serve(CommandLine.arguments[1], as: Array(CommandLine.arguments.dropFirst(2)))
} catch {
  print(error)
  exit(1)
}
