import BullpenCore
import CAvahi
import CAvahiCore
import Glibc

/// The body of the discovery thread: chooses the responder, publishes, and feeds the book. Everything of Avahi
/// is made, used and freed here.
final class DiscoveryLoop {
  private let mode: DiscoveryMode
  private let interfaceName: String?
  private let wishes: Wishes
  private let deliver: @Sendable (DiscoveryEvent) -> Void
  private let hostSeed = EmbeddedResponder.randomHostName()

  private var rounds: AvahiRounds?
  private var system: SystemResponder?
  private var embedded: EmbeddedResponder?
  /// The one of both that speaks for us; never both do.
  private var current: (any Responder)?
  private var publication = Publication()
  private var book = SightingBook()
  private var told: DiscoveryState?
  /// Why no responder is there, in a sentence.
  private var trouble: String?
  private var interface = Avahi.anyInterface
  private var nextProbe: Int64 = 0
  private var nextEmbedded: Int64 = 0
  private var nextTableRead: Int64 = 0

  init(
    mode: DiscoveryMode, interface: String?, wishes: Wishes, deliver: @escaping @Sendable (DiscoveryEvent) -> Void
  ) {
    self.mode = mode
    self.interfaceName = interface
    self.wishes = wishes
    self.deliver = deliver
  }

  /// Milliseconds on the clock that counts on while the machine sleeps.
  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Runs until a stop is wished for.
  func run() {
    while true {
      let taken = wishes.take()
      if taken.stop { break }
      let now = Self.now()
      if let advertisement = taken.advertisement, publication.want(advertisement) {
        current?.withdraw()
        book.ownPort = advertisement?.port
        carryOut(book.setOwn(publication.ownNames))
      }
      if taken.refresh {
        closeAll(at: now)
        tell(.starting)
      }
      step(at: now)
      tellState()
      sleep(from: now)
    }
    closeAll(at: Self.now())
    closeRounds()
    tell(.off)
  }

  private func step(at now: Int64) {
    guard openRounds(), checkInterfaces(at: now) else { return }
    if mode != .embedded { chooseSystem(at: now) }
    if mode != .system { chooseEmbedded(at: now) }
    guard let current else { return }
    let news = current.inbox.take()
    for item in news {
      handle(item, of: current, at: now)
      // A failure has closed it, and what else it heard is void.
      if self.current !== current { return }
    }
    if current.isReady, let next = publication.next(at: now) {
      carryOut(book.setOwn(publication.ownNames))
      publication.handedOver()
      let result = current.publish(next.name, port: next.wish.port, txt: next.wish.txt, on: interface)
      switch result {
      case .underway: break
      case .taken: collided(at: now)
      case .refused(let sentence): publication.refused(sentence, at: now)
      }
    }
    if !news.isEmpty || book.nextDeadline.map({ $0 <= now }) == true { carryOut(book.due(at: now)) }
  }

  private func handle(_ item: News, of responder: any Responder, at now: Int64) {
    switch item {
    case .ready: break  // `isReady` says so, too, and says what is so now.
    case .unready:
      if !responder.isReady { responder.withdraw() }
      publication.void()
    case .hostTaken:
      responder.withdraw()
      publication.void()
      embedded?.setHost(EmbeddedResponder.randomHostName())
    case .failed(let sentence): failed(sentence, at: now)
    case .published: publication.established()
    case .taken: collided(at: now)
    case .refused(let sentence): publication.refused(sentence, at: now)
    case .appeared(let station, _) where interfaceName == nil && isLoopback(station.interface): break
    case .appeared, .vanished, .resolved, .unresolved, .address: carryOut(book.receive(item, at: now))
    }
  }

  private func isLoopback(_ interface: UInt32) -> Bool { book.interfaces.kind(of: interface) == .loopback }

  /// The instance name is another's. That other one was taken for ourselves until now, so all is heard anew.
  private func collided(at now: Int64) {
    publication.taken(at: now)
    current?.withdraw()
    carryOut(book.setOwn(publication.ownNames))
    if let problem = current?.browse(on: interface) { failed(problem, at: now) }
  }

  private func carryOut(_ effects: [SightingBook.Effect]) {
    for effect in effects {
      switch effect {
      case .resolve(let station): current?.resolve(station)
      case .watchAddresses(let station, let host): current?.watchAddresses(station, host: host)
      case .release(let station): current?.release(station)
      case .tell(let event): deliver(event)
      }
    }
  }

  // MARK: The choice of the responder

  private func chooseSystem(at now: Int64) {
    if system == nil, now >= nextProbe, let rounds {
      nextProbe = now + Limits.responderRetry
      // The rounds outlive the responders.
      if SystemBus.mayAnswer() { system = SystemResponder(poll: rounds.api) }
    }
    guard let system else {
      if mode == .system {
        trouble =
          bp_avahi_client_library() == nil
          ? "The system mode needs libavahi-client, which is not installed."
          : "There is no system D-Bus that answers, so no Avahi daemon. Start it, or use the embedded mode."
      }
      return
    }
    if current === system { return }
    if system.isConnected {
      // The daemon has come: the embedded responder says goodbye before the daemon speaks for us.
      if current != nil { closeCurrent(at: now) }
      start(system, at: now)
    } else if system.inbox.take().contains(where: { if case .failed = $0 { true } else { false } }) {
      system.close()
      self.system = nil
    } else if mode == .system {
      trouble = "The system's Avahi daemon does not run. Start it, or use the embedded mode."
    }
  }

  private func chooseEmbedded(at now: Int64) {
    guard current == nil, now >= nextEmbedded, let rounds else { return }
    nextEmbedded = now + Limits.responderRetry
    let opened = EmbeddedResponder.open(
      poll: rounds.api, host: hostSeed, only: interfaceName, never: book.interfaces.loopbackNames)
    switch opened {
    case .success(let responder):
      embedded = responder
      responder.announce(ownAddresses)
      start(responder, at: now)
    case .failure(let failure): trouble = failure.sentence
    }
  }

  private func start(_ responder: any Responder, at now: Int64) {
    current = responder
    trouble = nil
    publication.void()
    if let problem = responder.browse(on: interface) { failed(problem, at: now) }
  }

  private func failed(_ sentence: String, at now: Int64) {
    let wasSystem = current === system
    closeCurrent(at: now)
    trouble = sentence
    nextProbe = now + Limits.responderRetry
    // A daemon that restarts is soon back; until then nobody else shall speak for us.
    nextEmbedded = now + (wasSystem ? Limits.daemonRestart : Limits.responderRetry)
  }

  private func closeCurrent(at now: Int64) {
    current?.close()
    if current === system { system = nil }
    if current === embedded { embedded = nil }
    current = nil
    publication.void()
    book.responderClosed(at: now)
  }

  /// Everything is made anew in the next step.
  private func closeAll(at now: Int64) {
    if current != nil { closeCurrent(at: now) }
    system?.close()
    system = nil
    nextProbe = 0
    nextEmbedded = 0
    nextTableRead = 0
  }

  // MARK: Interfaces

  /// False when the one interface is not there.
  private func checkInterfaces(at now: Int64) -> Bool {
    guard now >= nextTableRead else { return interfaceName == nil || interface != Avahi.anyInterface }
    book.interfaces = .read()
    nextTableRead = now + Limits.responderRetry
    embedded?.announce(ownAddresses)
    guard let interfaceName else { return true }
    let index = Int32(InterfaceTable.index(of: interfaceName))
    if index == interface { return true }
    // It has gone, or come back as another.
    if interface != Avahi.anyInterface { closeAll(at: now) }
    interface = index == 0 ? Avahi.anyInterface : index
    if index == 0 {
      trouble = "There is no network interface named \(interfaceName)."
      return false
    }
    return true
  }

  /// The addresses to publish: of the one interface, or of all but loopback.
  private var ownAddresses: [OwnAddress] {
    let ours = book.interfaces.addresses.filter {
      interfaceName == nil ? !isLoopback($0.interface) : Int32($0.interface) == interface
    }
    return Array(ours.prefix(Limits.ownAddresses))
  }

  // MARK: State

  private var state: DiscoveryState {
    if let problem = current == nil ? trouble : publication.trouble { return .failing(problem) }
    guard let current else { return .starting }
    if current === system { return .running(.system) }
    return current.isReady ? .running(.embedded) : .starting
  }

  private func tellState() { tell(state) }

  private func tell(_ state: DiscoveryState) {
    guard state != told else { return }
    told = state
    deliver(.state(state))
  }

  // MARK: Rounds

  private func openRounds() -> Bool {
    if rounds != nil { return true }
    rounds = AvahiRounds()
    guard let rounds else {
      trouble = "mDNS: no event loop could be made; too many files may be open."
      return false
    }
    wishes.ring(rounds.alarm)
    return true
  }

  private func closeRounds() {
    // After this nobody rings any more.
    wishes.ring(nil)
    rounds = nil
  }

  /// Until something is heard, a wish comes, or something is due; a second at most, because the bus, the daemon
  /// and the interfaces are looked for that often.
  private func sleep(from now: Int64) {
    let deadlines = [book.nextDeadline, publication.nextDeadline].compactMap { $0 }
    let end = min(now + Limits.responderRetry, deadlines.min() ?? .max)
    guard let rounds else {
      Glibc.poll(nil, 0, Int32(Limits.responderRetry))
      return
    }
    var outcome = AvahiRounds.Outcome.quiet
    // Most of what others' responders say is no news.
    repeat { outcome = rounds.round(atMost: end - Self.now()) } while outcome == .quiet && !hasNews && Self.now() < end
    if outcome == .broken {
      // It is beyond use, and all that hangs on it.
      closeAll(at: now)
      closeRounds()
      trouble = "mDNS: the event loop failed and is made anew."
      Glibc.poll(nil, 0, Int32(Limits.responderRetry))
    }
  }

  private var hasNews: Bool { system?.inbox.isEmpty == false || embedded?.inbox.isEmpty == false }
}
