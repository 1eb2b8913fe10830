// swift-tools-version: 6.2
import PackageDescription

// Direct dependencies are pinned: a clean clone builds the same product on every machine.
let package = Package(
  name: "bullpen",
  products: [
    .executable(name: "bullpen", targets: ["bullpen"]),
    .executable(name: "bullpen-simulate", targets: ["bullpen-simulate"]),
    .executable(name: "bullpen-fuzz", targets: ["bullpen-fuzz"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
    .package(
      url: "https://github.com/apple/swift-configuration", exact: "1.4.0",
      traits: ["YAML"]),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
  ],
  targets: [
    // The domain: every decision, no I/O.
    .target(name: "BullpenCore"),
    // Core types to bytes and back.
    .target(
      name: "BullpenWire",
      dependencies: [
        "BullpenCore", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ]),
    // Keys, signatures, seals.
    .target(name: "BullpenCrypto", dependencies: ["BullpenCore", "CSodium"]),
    // One SQLite file per workspace and the one write path.
    .target(
      name: "BullpenStore",
      dependencies: [
        "BullpenCore", "BullpenCrypto", "BullpenWire",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ]),
    // Sockets.
    .target(
      name: "BullpenTransport",
      dependencies: [
        "BullpenCore", "BullpenCrypto", "BullpenWire",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    // mDNS through Avahi.
    .target(name: "BullpenDiscovery", dependencies: ["BullpenCore", "CAvahi", "CAvahiCore"]),
    // Whether anybody is at the machine, from its desktop over D-Bus.
    .target(name: "BullpenDesktop", dependencies: ["BullpenCore", "CDBus"]),
    // The thin shell around Core's root machine.
    .target(
      name: "BullpenNode",
      dependencies: [
        "BullpenCore", "BullpenCrypto", "BullpenWire", "BullpenStore", "BullpenTransport",
        "BullpenDiscovery", "BullpenDesktop",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    // The local HTTP and WebSocket API and the view.
    .target(
      name: "BullpenWeb",
      dependencies: [
        "BullpenCore", "BullpenNode", "CQREncode",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      resources: [.embedInCode("View")]),
    // Many nodes in virtual time.
    .target(
      name: "BullpenSimulator",
      dependencies: ["BullpenCore", "BullpenCrypto", "BullpenWire", "BullpenStore"]),
    .executableTarget(
      name: "bullpen",
      dependencies: [
        "BullpenCore", "BullpenNode", "BullpenWeb",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
      ]),
    .executableTarget(
      name: "bullpen-simulate",
      dependencies: [
        "BullpenSimulator", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    // Bytes that went wrong, for every decoder that a stranger can reach.
    .executableTarget(
      name: "bullpen-fuzz",
      dependencies: [
        "BullpenCore", "BullpenCrypto", "BullpenDiscovery", "BullpenNode", "BullpenStore", "BullpenTransport",
        "BullpenWeb", "BullpenWire", "CAvahi", "CFuzz",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    .systemLibrary(name: "CFuzz"),
    .systemLibrary(name: "CSodium"),
    .systemLibrary(name: "CAvahi"),
    .systemLibrary(name: "CAvahiCore"),
    .systemLibrary(name: "CDBus", pkgConfig: "dbus-1", providers: [.apt(["libdbus-1-dev"])]),
    .systemLibrary(name: "CQREncode"),

    .testTarget(name: "CoreTests", dependencies: ["BullpenCore"]),
    .testTarget(name: "WireTests", dependencies: ["BullpenCore", "BullpenWire"]),
    .testTarget(name: "CryptoTests", dependencies: ["BullpenCore", "BullpenCrypto"]),
    .testTarget(
      name: "StoreTests",
      dependencies: ["BullpenCore", "BullpenCrypto", "BullpenWire", "BullpenStore"]),
    .testTarget(
      name: "TransportTests",
      dependencies: [
        "BullpenCore", "BullpenCrypto", "BullpenTransport", "BullpenWire",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ]),
    .testTarget(name: "DiscoveryTests", dependencies: ["BullpenCore", "BullpenDiscovery", "CAvahi"]),
    .testTarget(name: "DesktopTests", dependencies: ["BullpenCore", "BullpenDesktop"]),
    .testTarget(
      name: "NodeTests",
      dependencies: [
        "BullpenCore", "BullpenCrypto", "BullpenNode", "BullpenStore", "BullpenWire",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    .testTarget(
      name: "WebTests",
      dependencies: [
        "BullpenCore", "BullpenCrypto", "BullpenNode", "BullpenWeb",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    .executableTarget(
      name: "bullpen-bench",
      dependencies: [
        "BullpenCore", "BullpenCrypto", "BullpenNode", "BullpenStore", "BullpenWire",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    .testTarget(
      name: "SimulatorTests",
      dependencies: [
        "BullpenCore", "BullpenSimulator", "BullpenStore", .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    .testTarget(name: "CommandTests", dependencies: ["bullpen"]),
    .testTarget(name: "FuzzTests", dependencies: ["BullpenCore", "bullpen-fuzz"]),
    .testTarget(name: "ShapeTests"),
    // A desktop that says what it is told to, for tests and the lab.
    .executableTarget(name: "desktop", dependencies: ["CDBus"], path: "Tests/Desktop"),
    // A modified node's hand, for the lab: it writes rows in another member's name.
    .executableTarget(
      name: "forge",
      dependencies: [
        "BullpenCore", "BullpenCrypto", "BullpenWire", .product(name: "GRDB", package: "GRDB.swift"),
      ], path: "Tests/Forge"),
  ],
  swiftLanguageModes: [.v6]
)
