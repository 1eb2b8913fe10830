import BullpenCore
import BullpenNode

struct DoctorRequest: Decodable {
  /// Whom to look for; left out for everybody.
  let userId: String?
}

struct DoctorStepBody: Encodable {
  let phase: String
  let text: String
  @Nullable var endpoint: String?

  init(_ step: ExaminationStep) {
    phase = step.phase
    text = step.words
    endpoint = step.endpoint?.description
  }
}

struct DoctorBody: Encodable {
  let isRunning: Bool
  @Nullable var userId: String?
  let progress: [DoctorStepBody]
  @Nullable var report: DoctorReportBody?

  init(_ view: ExaminationView) {
    isRunning = view.isRunning
    userId = view.person?.description
    progress = view.steps.map(DoctorStepBody.init)
    report = view.report.map(DoctorReportBody.init)
  }
}

struct DoctorReportBody: Encodable {
  struct Remedy: Encodable {
    let tool: String
    let lines: [String]
  }
  struct VerdictBody: Encodable {
    let code: String
    let severity: String
    let detail: String
    let hint: String
    let remedies: [Remedy]
    @Nullable var deviceId: String?
    @Nullable var userId: String?
  }
  struct TrafficBody: Encodable {
    let packets: UInt64
    let bytes: UInt64
  }
  struct InterfaceBody: Encodable {
    let name: String
    let kind: String
    let isUp: Bool
    let addresses: [String]
    @Nullable var sent: TrafficBody?
    @Nullable var heard: TrafficBody?
    let mdns: String
    let services: Int
  }
  struct AddressBody: Encodable {
    let endpoint: String
    let sources: [String]
    let outcome: String
    let text: String
  }
  struct DeviceBody: Encodable {
    let deviceId: String
    let userId: String
    let isConnected: Bool
    @Nullable var datagramSilence: Int64?
    let addresses: [AddressBody]
  }
  struct Datagrams: Encodable {
    let sent: Int
    let heard: Int
    let dropped: Int
  }

  @Nullable var userId: String?
  let isWell: Bool
  let verdicts: [VerdictBody]
  let interfaces: [InterfaceBody]
  let devices: [DeviceBody]
  let datagrams: Datagrams
  let finishedAt: Int64
  let took: Int64

  init(_ report: ExaminationReport) {
    let symptoms = report.symptoms
    userId = report.person?.description
    isWell = report.diagnosis.isWell
    verdicts = report.diagnosis.verdicts.map { verdict in
      VerdictBody(
        code: verdict.code.rawValue, severity: verdict.severity.rawValue, detail: verdict.detail, hint: verdict.hint,
        remedies: verdict.remedies.map { Remedy(tool: $0.tool, lines: $0.lines) },
        deviceId: verdict.device?.description, userId: verdict.member?.description)
    }
    interfaces = symptoms.interfaces.map { one in
      InterfaceBody(
        name: one.name, kind: one.kind.rawValue, isUp: one.isUp, addresses: one.addresses.map(\.host),
        sent: one.sent.map { TrafficBody(packets: $0.packets, bytes: $0.bytes) },
        heard: one.heard.map { TrafficBody(packets: $0.packets, bytes: $0.bytes) }, mdns: one.echo.rawValue,
        services: one.services)
    }
    devices = symptoms.peers.filter { report.person == nil || $0.member == report.person }.map { peer in
      DeviceBody(
        deviceId: peer.device.description, userId: peer.member.description, isConnected: peer.isConnected,
        datagramSilence: peer.datagramSilence,
        addresses: peer.addresses.map {
          AddressBody(
            endpoint: $0.endpoint.description, sources: $0.sources.map(\.name), outcome: $0.outcome.word,
            text: $0.outcome.words)
        })
    }
    datagrams = Datagrams(sent: report.sent, heard: report.heard, dropped: report.dropped)
    finishedAt = report.finished
    took = report.took
  }
}
