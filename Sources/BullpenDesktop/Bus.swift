import CDBus

/// One connection to a D-Bus, for questions that are asked one at a time. It belongs to this process alone: what is
/// shared through libdbus would end the process when its bus goes.
final class Bus {
  /// Milliseconds that an answer may take: a program that hangs holds up nothing but the next question.
  static let patience: Int32 = 2_000
  /// Bytes of an answer; what is asked for is far shorter.
  static let longest = 1 << 20
  /// Messages that nobody asked for and that are thrown away after a question.
  static let unasked = 64

  /// Something to ask a program on the bus.
  struct Question {
    var name: String
    var path: String
    var interface: String
    var method: String
    var arguments: [Argument] = []

    enum Argument {
      case number(UInt32)
      case text(String)
    }
  }

  private let connection: OpaquePointer

  /// Nil where nobody answers there.
  init?(_ address: String) {
    guard let connection = dbus_connection_open_private(address, nil) else { return nil }
    self.connection = connection
    dbus_connection_set_exit_on_disconnect(connection, 0)
    dbus_connection_set_max_message_size(connection, Self.longest)
    let greeting = Question(
      name: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus", method: "Hello")
    guard ask(greeting) != nil else { return nil }
  }

  deinit {
    dbus_connection_close(connection)
    dbus_connection_unref(connection)
  }

  var isOpen: Bool { dbus_connection_get_is_connected(connection) != 0 }

  /// The answer's arguments; nil for an error, and where nobody answers in time. Starts no program that does not run.
  func ask(_ question: Question) -> [BusValue]? {
    guard
      let message = dbus_message_new_method_call(
        question.name, question.path, question.interface, question.method)
    else { return nil }
    defer { dbus_message_unref(message) }
    dbus_message_set_auto_start(message, 0)
    var place = DBusMessageIter()
    dbus_message_iter_init_append(message, &place)
    guard question.arguments.allSatisfy({ Self.append($0, at: &place) }) else { return nil }
    let answer = dbus_connection_send_with_reply_and_block(connection, message, Self.patience, nil)
    throwAwayTheRest()
    guard let answer else { return nil }
    defer { dbus_message_unref(answer) }
    return BusValue.arguments(of: answer)
  }

  private static func append(_ argument: Question.Argument, at place: inout DBusMessageIter) -> Bool {
    switch argument {
    case .number(var number):
      return dbus_message_iter_append_basic(&place, Int32(UInt8(ascii: "u")), &number) != 0
    case .text(let text):
      return text.withCString { text in
        var text: UnsafePointer<CChar>? = text
        return dbus_message_iter_append_basic(&place, Int32(UInt8(ascii: "s")), &text) != 0
      }
    }
  }

  private func throwAwayTheRest() {
    for _ in 0..<Self.unasked {
      guard let message = dbus_connection_pop_message(connection) else { return }
      dbus_message_unref(message)
    }
  }
}
