/// Counts one device's share of its person's days. It is told what the person shows whenever that may be another, and
/// every few seconds besides; it keeps sums that have not been written yet, and no moment of anything.
///
/// Of a person's devices that are here at once one counts the time, so that their sums add up to the person's.
public struct PresenceTally: Sendable {
  /// What the person shows at a moment.
  public struct Moment: Hashable, Sendable {
    /// Milliseconds on the boot clock, which nobody sets.
    public var boot: Int64
    /// Corrected Unix milliseconds plus what the local clock is ahead of UTC.
    public var local: Int64
    /// Whether anything may be counted now.
    public var isCounted: Bool
    /// Who may read it: the admins who may see the person.
    public var readers: Set<MemberID>
    /// The device that counts.
    public var device: DeviceID
    /// What it tells others, who see what is counted here and no more; an idle or absent person is not here.
    public var presence: DevicePresence
    /// The person's other devices at which it is here.
    public var others: Set<DeviceID>

    public init(
      boot: Int64, local: Int64, isCounted: Bool, readers: Set<MemberID>, device: DeviceID, presence: DevicePresence,
      others: Set<DeviceID>
    ) {
      self.boot = boot
      self.local = local
      self.isCounted = isCounted
      self.readers = readers
      self.device = device
      self.presence = presence
      self.others = others
    }

    /// Whether the person is here, at this device.
    var isHere: Bool { presence.status.isHere }
    /// Of several devices the first counts the person's time.
    var speaks: Bool { isHere && others.allSatisfy { device < $0 } }
  }

  /// Sums that are to be written, and for whom.
  public struct Share: Hashable, Sendable {
    /// In ascending order of day, each once; none is empty.
    public var days: [PresenceDay]
    /// Who might see the person all the while.
    public var readers: Set<MemberID>
  }

  private struct Session: Sendable {
    /// On the boot clock.
    var began: Int64
    var last: Int64
    var isSettled = false
  }

  private var days: [CalendarDay: PresenceDay] = [:]
  private var readers: Set<MemberID> = []
  private var last: Moment?
  private var session: Session?
  private var page: PageName?

  public init() {}

  /// What was counted and not taken yet; nil where there is nothing.
  public var share: Share? {
    let counted = days.values.filter { !$0.isEmpty }.sorted { $0.day < $1.day }
    return counted.isEmpty ? nil : Share(days: counted, readers: readers)
  }

  /// Takes what was counted so far.
  public mutating func take() -> Share? {
    defer { days = [:] }
    return share
  }

  /// What could not be written is counted as if it had not been taken.
  public mutating func putBack(_ share: Share) {
    for day in share.days { change(day.day, for: share.readers) { $0.add(day) } }
  }

  /// Forgets what was counted; who is here stays here.
  public mutating func forget() { days = [:] }

  /// The person shows this from now on.
  public mutating func note(_ moment: Moment) {
    if let last { count(from: last, to: moment) }
    last = moment
    guard moment.isCounted else {
      (session, page) = (nil, nil)
      return
    }
    visit(moment)
    view(moment)
  }

  /// The time between two moments, in which what the first showed was so. A machine that slept, or was kept from all
  /// work, cannot tell what was so: that time is nobody's.
  private mutating func count(from last: Moment, to moment: Moment) {
    let passed = moment.boot - last.boot
    guard last.isCounted, last.isHere, (1...Limits.tallyGap).contains(passed) else { return }
    var from = moment.local - passed
    while from < moment.local {
      let end = min(moment.local, (from / 3_600_000 + 1) * 3_600_000)
      change(CalendarDay(local: from), for: last.readers) { day in
        if last.speaks { day.count(end - from, inHour: CalendarDay.hour(local: from)) }
        day.count(end - from, at: last.presence.kind)
      }
      from = end
    }
  }

  /// A session begins when the person comes to any of its devices. It is counted when it has lasted for a moment, in
  /// which devices find one another: by whoever is alone, for the others come later, or have counted it.
  private mutating func visit(_ moment: Moment) {
    guard moment.isHere || !moment.others.isEmpty else { return }
    var visit = session ?? Session(began: moment.boot, last: moment.boot)
    if moment.boot - visit.last > Limits.sessionGap {
      visit = Session(began: moment.boot, last: moment.boot)
      page = nil
    }
    visit.last = moment.boot
    if !visit.isSettled, moment.boot - visit.began >= Limits.sessionLeast {
      visit.isSettled = true
      if moment.isHere, moment.others.isEmpty {
        change(CalendarDay(local: moment.local), for: moment.readers) { $0.count(session: 1) }
      }
    }
    session = visit
  }

  private mutating func view(_ moment: Moment) {
    guard moment.isHere, let shown = moment.presence.page?.page.flatMap({ PageName($0) }), shown != page else { return }
    page = shown
    change(CalendarDay(local: moment.local), for: moment.readers) { $0.count(views: 1, of: shown) }
  }

  private mutating func change(
    _ day: CalendarDay, for readers: Set<MemberID>, _ change: (inout PresenceDay) -> Void
  ) {
    // A clock that leaps about fills no memory.
    guard days[day] != nil || days.count < Limits.talliedDays else { return }
    self.readers = days.isEmpty ? readers : self.readers.intersection(readers)
    change(&days[day, default: PresenceDay(day)])
  }
}

extension Status {
  /// Whether somebody who shows it is at the machine.
  var isHere: Bool { self == .online || self == .busy }
}
