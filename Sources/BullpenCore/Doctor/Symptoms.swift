/// What an examination has found of this machine, its network and its peers: all that a `Diagnosis` is decided from.
public struct Symptoms: Hashable, Sendable {
  /// Every interface of this machine, in the order of its index.
  public var interfaces: [Interface]
  /// The only interface that the node uses; nil where it uses all.
  public var confinedTo: String?
  public var responder: Responder
  /// Where this node listens, by TCP and UDP; 0 where no node runs.
  public var port: UInt16
  /// Every other device of the workspace. Only those of the person who is asked about are tried, or all where none is.
  public var peers: [Peer]
  /// Addresses given by hand of which it is not known whose they are; tried where somebody is missed.
  public var given: [Given]
  /// Whose clocks are wrong.
  public var clocks: [Noted<ClockNotice>]
  /// Whose keys two machines live with.
  public var twins: [Noted<TwinNotice>]
  /// Whose histories exist in several versions.
  public var forks: [Noted<ForkNotice>]
  /// Who is asked about; nil for everybody.
  public var person: Person?

  public init(
    interfaces: [Interface], confinedTo: String? = nil, responder: Responder = .off, port: UInt16 = 0,
    peers: [Peer] = [], given: [Given] = [], clocks: [Noted<ClockNotice>] = [], twins: [Noted<TwinNotice>] = [],
    forks: [Noted<ForkNotice>] = [], person: Person? = nil
  ) {
    self.interfaces = interfaces
    self.confinedTo = confinedTo
    self.responder = responder
    self.port = port
    self.peers = peers
    self.given = given
    self.clocks = clocks
    self.twins = twins
    self.forks = forks
    self.person = person
  }

  /// A network interface.
  public struct Interface: Hashable, Sendable {
    /// Each is a word of the API (`protocol/api.md`).
    public enum Kind: String, Hashable, Sendable, CaseIterable {
      /// A wire or a radio to other people.
      case link
      /// Of containers and virtual machines on this machine.
      case virtual
      /// Of a VPN.
      case tunnel
      case loopback
    }

    /// What became of a question that the node's own responder answers. Each is a word of the API.
    public enum Echo: String, Hashable, Sendable, CaseIterable {
      case notTried = "not_tried"
      case heard
      case silent
    }

    public var name: String
    public var kind: Kind
    /// Switched on, with a carrier.
    public var isUp: Bool
    public var addresses: [Endpoint]
    /// Since the interface came up, as the kernel counts; nil where it does not say.
    public var sent: Traffic?
    public var heard: Traffic?
    /// Whether the node's own announcement was heard on it by mDNS.
    public var echo: Echo
    /// Other nodes that mDNS shows on it.
    public var services: Int

    public init(
      _ name: String, _ kind: Kind = .link, isUp: Bool = true, addresses: [Endpoint] = [], sent: Traffic? = nil,
      heard: Traffic? = nil, echo: Echo = .notTried, services: Int = 0
    ) {
      self.name = name
      self.kind = kind
      self.isUp = isUp
      self.addresses = addresses
      self.sent = sent
      self.heard = heard
      self.echo = echo
      self.services = services
    }

    /// Whether anything can go by it to another machine.
    var isUsable: Bool { isUp && kind != .loopback && !addresses.isEmpty }
  }

  /// Packets and bytes of all programs.
  public struct Traffic: Hashable, Sendable {
    public var packets: UInt64
    public var bytes: UInt64
    public init(packets: UInt64, bytes: UInt64) {
      self.packets = packets
      self.bytes = bytes
    }
  }

  /// What speaks by mDNS for the node.
  public enum Responder: Hashable, Sendable {
    case off
    case starting
    /// - Parameter age: milliseconds since it began to speak.
    /// - Parameter isAgain: whether another had spoken before it, or itself before a break.
    case running(isSystem: Bool, age: Int64, isAgain: Bool)
    /// With a sentence.
    case failing(String)
  }

  /// Another device of the workspace.
  public struct Peer: Hashable, Sendable {
    public var device: DeviceID
    public var member: MemberID
    /// The member's.
    public var name: String
    public var isConnected: Bool
    /// Whether it counts as here: heard of late, and not gone with a goodbye.
    public var isHere: Bool
    /// Whether its person is shown as being here by it.
    public var isShown: Bool
    /// Milliseconds since a datagram of it was heard; nil for none in this run of the node.
    public var datagramSilence: Int64?
    public var addresses: [Address]
    /// It announces changes that it does not send.
    public var isWithholding: Bool
    /// The examination itself has brought it back.
    public var isBack: Bool

    public init(
      _ device: DeviceID, of member: MemberID, name: String, isConnected: Bool = false, isHere: Bool = true,
      isShown: Bool = false, datagramSilence: Int64? = nil, addresses: [Address] = [], isWithholding: Bool = false,
      isBack: Bool = false
    ) {
      self.device = device
      self.member = member
      self.name = name
      self.isConnected = isConnected
      self.isHere = isHere
      self.isShown = isShown
      self.datagramSilence = datagramSilence
      self.addresses = addresses
      self.isWithholding = isWithholding
      self.isBack = isBack
    }

    /// Whether its datagrams come, now.
    var isHeard: Bool { (datagramSilence ?? .max) < Limits.offline }

    /// Whether there is any way to it.
    var isLive: Bool { isConnected || isHeard && isHere }
  }

  /// An address that a device may be reached at.
  public struct Address: Hashable, Sendable {
    /// What came of one try.
    public enum Outcome: Hashable, Sendable {
      case notTried
      /// The device itself answers there.
      case reached
      /// Another device does.
      case otherDevice
      case failed(JoinAttempt.Outcome)

      /// A word of the API.
      public var word: String {
        switch self {
        case .notTried: "not_tried"
        case .reached: "reached"
        case .otherDevice: "other_device"
        case .failed(let outcome): outcome.rawValue
        }
      }

      /// For people, without a full stop.
      public var words: String {
        switch self {
        case .notTried: "not tried"
        case .reached: "answers"
        case .otherDevice: "another device answers there"
        case .failed(.unknownWorkspace): "a node that does not know this device"
        case .failed(let outcome): outcome.words
        }
      }
    }

    public var endpoint: Endpoint
    /// What named it, in ascending order.
    public var sources: [AddressBook.Source]
    public var outcome: Outcome
    public var facts: JoinFacts

    public init(
      _ endpoint: Endpoint, _ sources: [AddressBook.Source], _ outcome: Outcome = .notTried,
      facts: JoinFacts = JoinFacts()
    ) {
      self.endpoint = endpoint
      self.sources = sources
      self.outcome = outcome
      self.facts = facts
    }
  }

  /// What was given by hand, and leads to nobody who is known.
  public struct Given: Hashable, Sendable {
    /// As it was written.
    public var text: String
    /// Empty where it is a name that leads to none.
    public var addresses: [Address]

    public init(_ text: String, _ addresses: [Address]) {
      self.text = text
      self.addresses = addresses
    }
  }

  /// What is known of a device, and of whom the device is.
  public struct Noted<Notice: Hashable & Sendable>: Hashable, Sendable {
    public var notice: Notice
    public var name: String
    public var member: MemberID

    public init(_ notice: Notice, name: String, member: MemberID) {
      self.notice = notice
      self.name = name
      self.member = member
    }
  }

  public struct Person: Hashable, Sendable {
    public var member: MemberID
    public var name: String
    /// It is this node's own person.
    public var isSelf: Bool
    /// No device of theirs is left in the workspace.
    public var isFormer: Bool
    /// Who removed the last one, where that is known.
    public var removedBy: String?

    public init(
      _ member: MemberID, name: String, isSelf: Bool = false, isFormer: Bool = false, removedBy: String? = nil
    ) {
      self.member = member
      self.name = name
      self.isSelf = isSelf
      self.isFormer = isFormer
      self.removedBy = removedBy
    }
  }

  /// Whether somebody is not reached who is asked about, or there is nobody yet.
  var isAnybodyMissed: Bool { peers.isEmpty || subjects.contains { !$0.isLive } }

  /// The devices that are asked about.
  var subjects: [Peer] { peers.filter { person == nil || person?.member == $0.member } }
}
