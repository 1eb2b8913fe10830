/// Every bound that is ours, with its unit and its reason. Bounds that another implementation must share
/// stand in `protocol/` too.
public enum Limits {
  /// The protocol that this node speaks; a peer of another version speaks the lower of both.
  public static let protocolVersion: UInt32 = 1

  // MARK: Time, in milliseconds

  /// How far a stamp may lie ahead before it is quarantined, and how far a key's time may lie from its stamp.
  public static let clockBound: Int64 = 5 * 60 * 1000
  /// How long a row of any table may live, from the time in its key: a passing log begins later only where an entry that
  /// old shows that all before it is dead.
  public static let longestLifetime: Int64 = 366 * 86_400_000
  /// How long after the beginning, and how often then, what is dead is removed.
  public static let forgetDelay: Int64 = 60_000
  public static let forgetInterval: Int64 = 3_600_000
  /// Heartbeat to a peer who shares a room.
  public static let heartbeatInRoom: Int64 = 1_000
  /// Heartbeat to every other peer.
  public static let heartbeat: Int64 = 2_000
  /// Silence after which a peer is suspected: five heartbeats in a room, or two and a half outside one.
  public static let suspicion: Int64 = 5_000
  /// Probes to a suspect, evenly spread over 1.5 s.
  public static let probes = 5
  public static let probeInterval: Int64 = 300
  /// Silence after which a peer is offline, whatever others last heard.
  public static let offline: Int64 = 7_000
  /// For how long a device that lives is shown as it said last: thirty heartbeats.
  public static let presenceHolds: Int64 = 60_000
  /// What another's word gives a suspect. Half a second is left of the eight that are promised, for slow machines.
  public static let vouchExtension: Int64 = 400
  /// A clock reading whose round trip took longer says too little.
  public static let clockRoundTrip: Int64 = 2_000
  /// Two peers whose offsets differ by no more agree.
  public static let clockAgreement: Int64 = 2_000
  /// When an unacknowledged change of status is sent again, after the first sending.
  public static let statusRetries: [Int64] = [50, 100, 200, 400, 800, 1_600]
  /// A cursor that was not moved for so long is removed.
  public static let cursorLifetime: Int64 = 300_000
  /// When the clearing of a room's cursors is said again, after the first sending: nobody acknowledges it, and of three
  /// datagrams one arrives.
  public static let clearRepeats: [Int64] = [100, 400]
  /// When the place at which a cursor rests, or that it is gone, is said again, after the last sending: a move that is
  /// lost is followed by the next, but the last is not.
  public static let cursorRepeats: [Int64] = [100, 400]
  /// A service that mDNS announces is told after so long, so that its addresses come together.
  public static let sightingGather: Int64 = 150
  /// A service whose records were withdrawn is lost after so long: a node that restarts or wakes withdraws and
  /// announces anew, for which mDNS takes two to three seconds.
  public static let sightingGrace: Int64 = 4_000
  /// After a change of responder everything is heard anew; what is not heard by then is lost.
  public static let sightingSettle: Int64 = 12_000
  /// First and last wait before a service that is announced but does not resolve is asked for again.
  public static let resolveFirst: Int64 = 5_000
  public static let resolveLast: Int64 = 600_000
  /// How long a new mDNS responder is waited for after one has failed or refused.
  public static let responderRetry: Int64 = 1_000
  public static let publishRetry: Int64 = 5_000
  /// How long a system daemon that went away is given to restart before the embedded responder takes over.
  public static let daemonRestart: Int64 = 1_500
  /// Names that collide are a clone or an attack: after `instanceAttempts` of them there is a long pause.
  public static let collisionPause: Int64 = 60_000
  /// How long a receiver that is behind waits for the author's push before it pulls from a relay.
  public static let pullDelay: Int64 = 20
  /// Each address of a device has this much of a head start on the next, and so long to answer.
  public static let dialHeadStart: Int64 = 200
  public static let dialTimeout: Int64 = 3_000
  /// How long a joiner looks for somebody who lets it in.
  public static let joining: Int64 = 20_000
  /// How long it waits between rounds over all addresses.
  public static let joinRound: Int64 = 500
  /// How long history may stand still before whoever waits for a joining is told to go on: the rest comes by itself.
  public static let historyPatience: Int64 = 5_000
  /// The same before anybody has said how much there is: a busy machine takes its time to connect.
  public static let historyStart: Int64 = 20_000
  /// How often it is told how far history has come.
  public static let historyPulse: Int64 = 100
  /// How often an examination asks by mDNS for its node's own announcement, and how long each question waits for it: a
  /// responder answers within 120 ms (RFC 6762, section 6), on a machine that is busy later.
  public static let echoQuestions = 3
  public static let echoPatience: Int64 = 700
  /// How long it waits for a device that was reached to say who it is, and to be shown after that. With the dial before
  /// it an examination takes less than ten seconds.
  public static let examinedGreeting: Int64 = 3_000
  public static let examinedArrival: Int64 = 2_000
  /// How long the kernel's word that a machine answers on the link is believed, where its node was silent by then.
  public static let neighbourAge: Int64 = 30_000
  /// How often it looks whether the device is shown.
  public static let examinedPulse: Int64 = 100
  /// First and last wait between dials to one peer; doubled in between.
  public static let redialFirst: Int64 = 250
  public static let redialLast: Int64 = 30_000
  /// A connection that has not finished its handshake by then is closed.
  public static let handshake: Int64 = 10_000
  /// Quiet on a connection after which it is pinged, and silence after which it is closed.
  public static let connectionPing: Int64 = 5_000
  public static let connectionSilence: Int64 = 15_000
  /// The same silence where the network has changed: a connection that begins at an address which this machine has no
  /// more is dead, and nobody says so.
  public static let connectionDoubt: Int64 = 2_000

  /// A peer that was asked for a range and has sent nothing for so long is passed over, and for how long.
  public static let pullPatience: Int64 = 5_000
  public static let pullMute: Int64 = 30_000
  /// How long a range waits for what the peer was asked before it: some hundred megabytes on poor Wi-Fi.
  public static let pullLongest: Int64 = 300_000
  /// How long it is held against a peer that it did not send what it announced: several times `pullLongest`, so that it
  /// is caught twice within.
  public static let shortfallMemory: Int64 = 1_800_000
  /// Heads that differ in a heartbeat are compared anew at most this often: replication is usually under way.
  public static let wakeInterval: Int64 = 500
  /// How long a disk that did not take what peers sent is left alone.
  public static let diskRetry: Int64 = 3_000
  /// How often changes that wait for time to catch up are looked at.
  public static let quarantineInterval: Int64 = 10_000
  /// Two connections between one pair of devices that are younger than this were opened at the same time.
  public static let simultaneousOpen: Int64 = 2_000

  /// How often the other machine with this device's key is dialed, how soon again where it did not answer, and how long it
  /// is known where only it dials.
  public static let twinInterval: Int64 = 15_000
  public static let twinPause: Int64 = 2_000
  public static let twinMemory: Int64 = 3 * twinInterval
  /// How long one of two machines with one key leaves a peer to the other, once that has taken its place there. Long enough
  /// for the peer to know that there are two: a little more than `longestDelay`.
  public static let twinTurn: Int64 = 12_000
  /// How long it is said that two machines live with a colleague's key after one of the two was heard last. Each is met in
  /// turn, within half a minute.
  public static let voiceMemory: Int64 = 3 * 60_000
  /// A datagram that was sent longer ago does not come any more, in milliseconds.
  public static let longestDelay: Int64 = 10_000

  /// How long it is said that a device's history has branches that are all kept, after they parted, in milliseconds: a
  /// week, for it may be a colleague's doing, and nobody looks at the weekend.
  public static let forkMemory: Int64 = 7 * 86_400_000
  /// How long it is said what a device has back of its own writing, after the last of it came, in milliseconds.
  public static let recoveryMemory: Int64 = 86_400_000

  /// How long two that have just met keep their connection, needed or not: long enough to hear one another by datagram.
  public static let acquaintance: Int64 = 3_000
  /// How often a node looks anew to whom it keeps a connection.
  public static let meshInterval: Int64 = 1_000
  /// For how long a peer that has enough connections is not chosen.
  public static let meshDeclined: Int64 = 60_000
  /// How often a peer's clock is read while they are connected.
  public static let clockInterval: Int64 = 30_000

  /// How often it is written down when others were seen last: what a crash may lose.
  public static let sightingInterval: Int64 = 60_000
  /// What a colleague may say of how long ago, and for how long, a device was seen: ten years.
  public static let sightingAge: Int64 = 3_653 * 86_400_000
  /// An absence that is shorter ends no session.
  public static let sessionGap: Int64 = 5 * 60 * 1000
  /// The age of a person's settings at which they are written anew: well before the life of the row ends, and often
  /// enough that a laptop which is away for two months still finds them.
  public static let settingsRenewal: Int64 = 20 * 86_400_000
  /// How often a node looks whether its person is here, where that is counted; and how long nobody may have looked until
  /// what passed meanwhile is not counted.
  public static let tallyInterval: Int64 = 15_000
  public static let tallyGap: Int64 = 60_000
  /// How long a session lasts at least: by then the devices of one person see one another.
  public static let sessionLeast: Int64 = 10_000
  /// How often a day's sums are written while they grow. Each write shows everybody when it was made, so they are few.
  public static let shareInterval: Int64 = 2 * 3_600_000

  // MARK: Sizes, in bytes

  /// A datagram: below every path MTU that a LAN or VPN has, IPv6 headers included.
  public static let datagramBytes = 1_200
  /// A frame on a connection, without its length.
  public static let frameBytes = 64 * 1024
  /// What a message leaves free that holds a log's first entry: a segment that is cut at its front names the digest before,
  /// and whoever passes it on needs a frame for it.
  public static let segmentRoom = 64
  /// The entries of one segment, encoded: a segment fits a frame with room for its header.
  public static let segmentBytes = 56 * 1024
  /// One change, encoded: a segment holds at least one.
  public static let changeBytes = 48 * 1024
  /// One cell's content where its column says nothing else.
  public static let cellBytes = 16 * 1024
  public static let statementBytes = 4 * 1024
  public static let nameBytes = 100
  public static let titleBytes = 400
  /// Ids of all whom one names, with what is added so that their number does not show.
  public static let contactsBytes = 16 * 224
  /// The sums of a day, and the step up to which they are filled.
  public static let presenceDayBytes = 5_120
  public static let presenceDayStep = 512
  /// The name of a page that is counted, and a part of it between slashes.
  public static let pageNameBytes = 96
  public static let pageNamePartBytes = 32
  public static let bodyBytes = 8 * 1024
  public static let linkBytes = 2_000
  public static let roomBytes = 200
  /// Custom status, its emoji, and the names of all rooms that a device is in: every heartbeat carries all of
  /// them, so together they fit one datagram.
  public static let customStatusBytes = 400
  public static let emojiBytes = 250
  public static let roomsBytes = 300
  /// The name of an anchor that a pointer hangs on.
  public static let anchorBytes = 64
  /// What an application adds to a cursor: with the longest names of room and anchor it fits half a datagram.
  public static let cursorPayloadBytes = 256
  /// The TXT record of an announced service, length bytes included: it fits a packet with all other records.
  public static let advertisedTextBytes = 400
  /// What sealing adds: nonce 24 and authenticator 16.
  public static let sealOverhead = 40
  /// The sender may have so many bytes of segments under way before the receiver returns credit.
  public static let creditWindow = 512 * 1024
  /// So many messages with segments that wait for the disk are stored in one transaction: half of what one peer may have
  /// under way, so that it sends the other half meanwhile.
  public static let arrivalsTogether = 4
  /// Whoever sends on although more than so many bytes of its segments wait for the disk is cut off: what it has credit for
  /// it exceeds by one message at most.
  public static let overdraft = 2 * creditWindow
  /// What may wait to be sent on one connection: eight credit windows. A peer that reads no faster is cut off
  /// and pulls anew.
  public static let outboundBytes = 4 * 1024 * 1024
  /// What may have been read from one connection and not yet been dealt with, before reading pauses: two credit
  /// windows, so that a peer that keeps to its credit is never slowed.
  public static let inboundBytes = 1024 * 1024

  // MARK: Counts

  /// Rows of one change, so that a stamp's 16-bit index never overflows.
  public static let changeRows = 256
  public static let changeCells = 4_096
  /// Members that one row names: all of a large office.
  public static let audience = 200
  /// The list of a person's contacts is filled up to a multiple of so many, so that its size says little.
  public static let contactsStep = 32
  /// Parts of a counted page's name, and pages of one member's day: a person's work, and no trail.
  public static let pageNameParts = 6
  public static let pagesPerDay = 50
  /// Views of one page and sessions in a day: more is a program's.
  public static let viewsPerDay = 9_999
  public static let sessionsPerDay = 999
  /// Days of which sums wait to be written: one, two about midnight, and some where the clock is set.
  public static let talliedDays = 4
  /// Days, rows and pages of one report: what is kept, of a large office.
  public static let reportDays = 90
  public static let reportRows = 40_000
  public static let reportPages = 100
  /// Teams of one workspace: each has at most all of a large office.
  public static let teams = 64
  /// Statements of one workspace: all of them are evaluated whenever one is new.
  public static let statements = 10_000
  /// Of one owner: whoever lets in every member and device of a large office over years makes fewer.
  public static let ownerStatements = 2_000
  /// Besides, for an owner's cuts, demotions and changes of owner: a key that was stolen can still be shut out.
  public static let ownerReserve = 500
  /// Statements of a member whom an owner let in, with those of everybody who came in by it, directly or not. So whoever
  /// lets in puppets fills no more of the workspace than it does alone, and no four such members fill it.
  public static let branchStatements = 2_000
  /// The same of whom one of those let in: four guests of one member leave something to its others.
  public static let twigStatements = 500
  /// Besides what one member may state: cuts, demotions, changes of owner and keys, however much a lost laptop has stated.
  public static let memberReserve = 32
  /// Statements of devices that nobody has said to be a member's, which wait in memory: more than are under way in
  /// another order than the one in which they were made.
  public static let waitingStatements = 512
  /// Logs that one cut lists: two for each incarnation, and a device is rarely restored.
  public static let cutLogs = 32
  /// A member's secret in a sealed box: ephemeral key 32, tag 16, secret 32.
  public static let sealedSecretBytes = 80
  /// For how long another laptop of one's own may be let in, in milliseconds: it stands beside this one.
  public static let linkLifetime: Int64 = 3_600_000
  /// Invites for devices of one's own that may be open at once.
  public static let openLinks = 8
  /// Statements that one demotion ends: a member is rarely given a role more than once or twice.
  public static let demotionEnds = 16
  /// Namings that one naming replaces. More than one stand only where several devices of the owner named somebody at
  /// once.
  public static let replacedNamings = 16
  /// Devices that one statement of a member's key seals it to, and devices that it leaves out: as many as a statement
  /// has room for.
  public static let keyBoxes = 24
  /// A secret of 32 bytes in a libsodium sealed box.
  public static let keyBoxBytes = 80
  /// How often cuts and demotions may have all admissions judged again. Each admin's are heard together, so an office
  /// needs a few; whoever makes each bring the next within reach costs everybody no more than this.
  public static let evaluationRounds = 64
  /// The same while a takeover is tried.
  public static let trialRounds = 8
  /// Demotions of one member that are heard. Each weighs on whatever the member states.
  public static let demotionsHeard = 64
  /// Takeovers from one owner that are tried: a key that was stolen can state any number, and each costs an evaluation.
  public static let takeoverTrials = 64
  /// How many takeovers that one device states on one naming are tried.
  public static let takeoversTried = 2
  /// Logs that one demotion or takeover lists. Each is named whole, for a member has several devices; so many, and all
  /// that it ends, fit `statementBytes`.
  public static let demotionLogs = 24
  /// So many short segments at the end of a log are joined on disk; fewer wait for more.
  public static let looseSegments = 64
  /// So much later than its end a payload goes at the latest, in milliseconds, where others of its segment live on: each
  /// time the segment is written anew.
  public static let payloadLinger: Int64 = 7 * 86_400_000
  /// The greatest number of an entry: so far beyond what anybody writes that nothing is lost, and so small that the
  /// numbers of all logs add up within 64 bits.
  public static let logEntries: UInt64 = 1 << 40
  /// Entries of one segment, so that a frame of tiny ones stays cheap to check.
  public static let segmentEntries = 4_096
  /// Addresses in an invite: one laptop has few, and the line stays short enough to paste.
  public static let inviteAddresses = 8
  /// Characters of a pasted invite, white space included.
  public static let inviteCharacters = 2_000
  /// Peers that one message of addresses names.
  public static let addressesTold = 64
  /// Statements of a chain in one message: a chain of admissions is rarely longer than a handful.
  public static let chain = 64
  /// Statements of one chain and their bytes, in as many messages as it takes. Each admission is one or two, so this
  /// shows members who have let in one another five hundred in a row; a device that has shown nothing makes a node keep
  /// no more than this, and check as many signatures in well under a second, of which all but one must hold.
  public static let groundStatements = 1_024
  public static let groundBytes = 512 * 1024
  /// Statement ids in one message; a full message says that another follows.
  public static let statementChunk = 1_000
  /// Logs of one workspace: two for each incarnation of each device that ever was.
  public static let logs = 20_000
  /// Of one member: two for each time that a disk was put back, a clock set right or a device linked.
  public static let logsOfMember = 1_000
  /// Branches of one log that are kept: a disk is put back now and then, and rarely twice while nobody hears of it. Who
  /// makes more waits for an admin.
  public static let branches = 8
  /// How often branches beyond these, of one member, may take the place of others, so that all is read anew: so often at
  /// once, and then again after so many milliseconds each.
  public static let displacementBurst = 16
  public static let displacementInterval: Int64 = 600_000
  /// Parts of branches that are not stored and kept in memory, in case what comes next is: it comes within moments.
  public static let bygoneSegments = 4
  /// Heads in one message: about 100 bytes each, so that they fit a frame.
  public static let headsPerMessage = 500
  /// Messages of heads of one peer that the disk looks for at a time.
  public static let searchesQueued = 64
  /// Logs that one peer may offer at a time, so that the others have room.
  public static let logsOffered = logs / 4
  /// Ranges that one peer may have queued or be asked for at a time.
  public static let rangesQueued = 256
  /// Devices of one workspace that a node keeps sessions for.
  public static let peers = 256
  /// Up to so many peers connect to all. The mesh becomes partial above the second and whole again at the first, so that
  /// one who comes and goes does not turn it over.
  public static let meshWhole = 8
  public static let meshWholeMost = 10
  /// Connections that a node keeps in a partial mesh, the two of the ring among them: news reaches a thousand nodes in
  /// four steps.
  public static let meshChosen = 6
  /// Connections of others that a node in a partial mesh takes: twice as many as each asks for.
  public static let meshInbound = 12
  /// Connections that have not yet shown who they are; the oldest goes first. All of an office of fifty dial a newcomer at
  /// once.
  public static let greetings = 64
  /// Addresses kept for one device, newest first.
  public static let addressesPerPeer = 16
  /// Addresses that one joining tries in a round, and tells of: an invite's, those given by hand, and a large office's.
  public static let joinAttempts = 64
  /// Addresses that one examination tries: several of each device of a large office, each once.
  public static let examinedAddresses = 128
  /// Steps of an examination that are kept to be told: one or two for each address.
  public static let examinationSteps = 2 * examinedAddresses + 32
  /// Services heard by mDNS, each interface apart. Each costs three objects of the system's Avahi daemon, which
  /// grants a client 1,024.
  public static let stations = 320
  /// Addresses of this machine that it announces: each is probed for.
  public static let ownAddresses = 64
  /// Instance names that are tried in a row when each is another's.
  public static let instanceAttempts = 15
  /// Former instance names of our own that are still recognised: caches tell of them for a while.
  public static let formerInstances = 4
  /// Rooms that one device is in at a time.
  public static let roomsPerDevice = 8
  /// Peers that are asked about a suspect.
  public static let vouchers = 2
  /// Devices that a node does not hear and about which it asks whom it meets: those of a large office on a quiet day.
  public static let missedDevices = 64
  /// When it asks, in milliseconds after they met: by then whoever else is here was met as well.
  public static let inquiryAfter: Int64 = 4_000
  /// Own writes that may wait for the disk: some seconds' worth of one that is slow.
  public static let commitsQueued = 512
  /// Views of one node: tabs and programs.
  public static let views = 1_024
  /// Cursor moves a second to one peer, and cursor packets a second to all: 20 people at 30 Hz.
  public static let cursorRate = 30
  public static let cursorPackets = 600
  /// Custom status and its emoji, in characters as a person counts them.
  public static let customStatusCharacters = 100
  public static let emojiCharacters = 10
  /// Changes of one's own status: burst and per second. What comes faster waits, and the newest is shown.
  public static let statusBurst = 5
  public static let statusRate = 1
  /// Milliseconds by which two moments at which a custom status clears may differ and be the same for a person: the time
  /// after which one says again what was refused, twice. Of a short time a hundredth.
  public static let sameClearing: Int64 = 2_000
  /// Milliseconds until a custom status clears by itself, at most: 30 days.
  public static let customStatusLongest: Int64 = 30 * 86_400_000
  /// Milliseconds without a hand on the machine after which a person is shown as idle: a phone call takes less.
  public static let idleAfter: Int64 = 300_000
  /// Milliseconds from one question about idleness to the desktop to the next: who comes back is shown after so long,
  /// and the four or so short messages of a question cost nothing that could be measured.
  public static let desktopPoll: Int64 = 10_000
  /// People that are asked about at once.
  public static let bulkMembers = 100
  /// Datagrams of one source address before any key is tried, and of one peer after: burst and per second.
  /// A cursor at 30 Hz, heartbeats and acknowledgements stay below a tenth of it.
  public static let sourceBurst = 2_000
  public static let sourceRate = 4_000
  public static let peerBurst = 400
  public static let peerRate = 400
  /// Cursors of all peers within a second whose signatures are all checked: two colleagues at full speed, and 3 ms of a
  /// processor. Of more, one of so many is checked, so that nobody forges for longer than some seconds; and for how
  /// long a device that was caught has every cursor checked, in milliseconds.
  public static let cursorsChecked = 64
  public static let cursorSample = 32
  public static let distrust: Int64 = 600_000
  /// Source addresses with a bucket of their own: more than a large office has, and a made-up address is free.
  public static let sources = 1_024
  /// Datagram sessions of one node, over all its workspaces, old and new ones of a pair side by side.
  public static let datagramSessions = 1_024
  /// Events that wait for a workspace, and how many of them are carried through before others on its thread have their
  /// turn: what comes in one burst, and no more.
  public static let eventsQueued = 16_384
  public static let eventsInTurn = 64
  /// Bodies that wait to be signed and sent: what comes faster is dropped, because newer ones follow.
  public static let datagramsQueued = 256
  /// A backup: bytes of an entry's name, entries, bytes of keys and settings, and of a database. A receiver refuses
  /// more before it makes room for it.
  public static let backupName = 255
  public static let backupEntries = 8_192
  public static let backupSmallFile = 1_048_576
  public static let backupDatabase: UInt64 = 1 << 40
  /// Characters of a passphrase at least, and bytes at most.
  public static let passphrase = 8
  public static let passphraseBytes = 1_024
  /// Connections that others opened, whatever they have shown: two for each peer, while one replaces the other.
  public static let inbound = peers * 2
}
