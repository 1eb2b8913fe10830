// What the commands read of the API's answers.

struct List<Item: Decodable>: Decodable {
  var items: [Item]
}

struct MemberAnswer: Decodable {
  var userId: String
  var name: String
  var role: String
  var devices: [String]
  var isSelf: Bool
  var assignableRoles: [String]
  var isRemovable: Bool
  var isSuccessor: Bool
  var isSurplus: Bool
}

struct RemovalAnswer: Decodable {
  var userId: String
  var devices: [String]
  var isLast: Bool
  var keptChanges: Int
  var alsoCut: [String]
  var alsoRemoved: [String]
  var alsoDemoted: [String]
  var endedInvites: Int
  var lastHeard: Int64?
  /// What goes, made short: given back, so that nothing else goes.
  var digest: String
}

struct DemotionAnswer: Decodable {
  var from: String
  var alsoCut: [String]
  var alsoRemoved: [String]
  var alsoDemoted: [String]
  var endedInvites: Int
  var lastHeard: Int64?
  var digest: String
}

struct TakeoverAnswer: Decodable {
  var ownerId: String
  var keptChanges: Int
  var alsoRemoved: [String]
  var alsoDemoted: [String]
  var lastHeard: Int64?
}

struct PresenceAnswer: Decodable {
  var userId: String
  var status: String
  var customStatus: String
  var customEmoji: String
  var rooms: [String]
  var lastSeen: Int64?
  var silentFor: Int64?
  var sightings: [Sighting]

  struct Sighting: Decodable {
    var lastSeen: Int64
    var lastPage: String?
    var lastActivity: String?
    var saidBy: String?
  }
}

struct RoomAnswer: Decodable {
  struct Person: Decodable {
    var userId: String
    var name: String
    var isTyping: Bool

    var shown: String { name.isEmpty ? String(userId.prefix(8)) : name }
  }
  var room: String
  var people: [Person]
}

struct PeerAnswer: Decodable {
  var deviceId: String
  var userId: String
  var state: String
  var endpoint: String?
  var silence: Int64?
  var sources: [String]
  var withholds: Bool
}

struct NotificationAnswer: Decodable {
  var id: String
  var senderId: String
  var title: String
  var body: String
  var createdAt: Int64
  var readAt: Int64?
  var isMine: Bool
}

struct ActivityAnswer: Decodable {
  var userId: String
  var text: String
  var room: String?
  var createdAt: Int64
}

struct SetupAnswer: Decodable {
  var deviceId: String
}

struct StatusAnswer: Decodable {
  struct Drop: Decodable {
    /// Why, for people.
    var detail: String
    var count: Int
  }
  var workspaceId: String
  var name: String
  var deviceId: String
  var drops: [Drop]
  var refusedChanges: Int
  var quarantinedChanges: Int
  var discovery: String
  var liveDevices: Int
  var knownDevices: Int
  struct Here: Decodable {
    var userId: String
    var name: String
    var status: String
  }
  struct Silent: Decodable {
    var userId: String
    var name: String
    var deviceId: String
    var state: String
    var silence: Int64?
  }
  var userId: String
  var here: [Here]
  var silent: [Silent]
  struct Storage: Decodable {
    var state: String
    var detail: String
    var hint: String

    /// For a script; nil where the disk takes what is written.
    var exitCode: Failure.Code? { state == "ok" ? nil : state == "damaged" ? .damaged : .node }
  }
  var storage: Storage
  var idleSource: String
  struct Notice: Decodable {
    var kind: String
    var deviceId: String
    var detail: String
    var hint: String
  }
  var notices: [Notice]
  /// Whether another machine lives with this device's key.
  var hasTwin: Bool { notices.contains { $0.kind == "twin" && $0.deviceId == deviceId } }
  var unread: Int
  var version: String
  var upSince: Int64
}

struct InviteAnswer: Decodable {
  var code: String
  var link: String
  /// Rows of `1` for dark and `0` for light.
  var qr: [String]
  var uses: Int
  var expires: Int64
}

struct WorkspaceAnswer: Codable {
  var id: String
  var name: String
  /// Whether this device was cut there.
  var isRemoved: Bool
  struct Trouble: Codable {
    var code: String
    var detail: String
    var hint: String

    /// For a script.
    var exitCode: Failure.Code { Failure.code(code) }
  }
  /// Why it is shut.
  var trouble: Trouble?
}

struct LogLevelAnswer: Decodable {
  var level: String
}

struct LoginLinkAnswer: Decodable {
  var url: String
}

struct ProblemAnswer: Decodable {
  /// An address that a joining tried.
  struct Attempt: Decodable {
    struct Remedy: Decodable {
      var tool: String
      var lines: [String]
    }
    var endpoint: String
    var detail: String
    var hint: String
    var remedies: [Remedy]

    /// Lines for people. What `summary` has said already is not said again.
    func words(after summary: String) -> String {
      let reason = summary.contains(detail) ? [] : [detail, hint].filter { !$0.isEmpty }
      let remedies = remedies.map { remedy in
        "\n    \(remedy.tool):" + remedy.lines.map { "\n      \($0)" }.joined()
      }
      return "  \(endpoint)" + reason.map { "\n    \($0)" }.joined() + remedies.joined()
    }
  }

  var code: String
  var detail: String
  var hint: String?
  var attempts: [Attempt]?
}

struct JoinedAnswer: Decodable {
  var name: String
  var notice: String?
}

struct JoinProgressAnswer: Decodable {
  var phase: String
  var text: String
}
