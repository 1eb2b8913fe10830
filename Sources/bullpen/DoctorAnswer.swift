import BullpenCore
import Foundation

/// What came of an examination, as the API says it.
struct DoctorAnswer: Codable {
  struct Remedy: Codable {
    var tool: String
    var lines: [String]
  }
  struct Verdict: Codable {
    var code: String
    var severity: String
    var detail: String
    var hint: String
    var remedies: [Remedy]
    var deviceId: String?
    var userId: String?
  }
  struct Traffic: Codable {
    var packets: UInt64
    var bytes: UInt64
  }
  struct Interface: Codable {
    var name: String
    var kind: String
    var isUp: Bool
    var addresses: [String]
    var sent: Traffic?
    var heard: Traffic?
    var mdns: String
    var services: Int
  }
  struct Address: Codable {
    var endpoint: String
    var sources: [String]
    var outcome: String
    var text: String
  }
  struct Device: Codable {
    var deviceId: String
    var userId: String
    var isConnected: Bool
    var addresses: [Address]
  }

  var isWell: Bool
  var verdicts: [Verdict]
  var interfaces: [Interface]
  var devices: [Device]

  /// Where no examination was to be had: the reason, and what this machine shows by itself.
  init(_ reason: BullpenCore.Verdict, _ interfaces: [Symptoms.Interface]) {
    isWell = false
    devices = []
    verdicts = Diagnosis(reason, interfaces).verdicts.map { verdict in
      Verdict(
        code: verdict.code.rawValue, severity: verdict.severity.rawValue, detail: verdict.detail, hint: verdict.hint,
        remedies: verdict.remedies.map { Remedy(tool: $0.tool, lines: $0.lines) })
    }
    self.interfaces = interfaces.map { one in
      Interface(
        name: one.name, kind: one.kind.rawValue, isUp: one.isUp, addresses: one.addresses.map(\.host),
        sent: one.sent.map { Traffic(packets: $0.packets, bytes: $0.bytes) },
        heard: one.heard.map { Traffic(packets: $0.packets, bytes: $0.bytes) }, mdns: one.echo.rawValue, services: 0)
    }
  }

  // MARK: - For people

  /// The verdicts, each with what to do.
  var lines: [String] {
    verdicts.flatMap { verdict -> [String] in
      let mark = ["fault": "✗ ", "warning": "! ", "note": "· ", "well": "✓ "][verdict.severity] ?? ""
      let remedies = verdict.remedies.flatMap { remedy in
        ["    \(remedy.tool):"] + remedy.lines.map { "      \($0)" }
      }
      return [mark + verdict.detail] + (verdict.hint.isEmpty ? [] : ["  " + verdict.hint]) + remedies
    }
  }

  /// What was looked at: interfaces, and addresses that were tried.
  var interfaceRows: [[String]] {
    interfaces.filter { $0.kind != "loopback" }.map { one in
      let state = one.isUp ? "up" : "down"
      let mdns =
        switch one.mdns {
        case "heard": "mDNS heard, shows \(one.services)"
        case "silent": "mDNS not heard"
        default: ""
        }
      return [
        one.name, one.kind == "link" ? state : "\(state), \(one.kind)", one.addresses.joined(separator: " "),
        one.sent.map { "sent \($0.packets)" } ?? "", one.heard.map { "heard \($0.packets)" } ?? "", mdns,
      ]
    }
  }

  /// - Parameter names: of members, by id.
  func addressRows(_ names: [String: String]) -> [[String]] {
    devices.flatMap { device in
      device.addresses.map { address in
        [
          names[device.userId] ?? "", String(device.deviceId.prefix(8)), address.endpoint,
          device.isConnected && address.outcome == "not_tried" ? "connected" : address.text,
          address.sources.joined(separator: ", "),
        ]
      }
    }
  }
}
