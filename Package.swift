// swift-tools-version: 6.1
import PackageDescription

/// What runs seldom is made small, what runs for every batch of bytes fast.
let small: [SwiftSetting] = [.unsafeFlags(["-Osize"], .when(configuration: .release))]

/// Floors, lowest first; a target imports only floors below its own (docs/architecture.md).
let package = Package(
  name: "zcrx-bench",
  products: [
    .executable(name: "zcrx-bench", targets: ["zcrx-bench"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    // Floor 0: C and the kernel's ABI.
    .target(name: "CKernelABI"),
    .target(name: "CLinux", dependencies: ["CKernelABI", "CLibURing"]),
    .systemLibrary(name: "CLibURing", pkgConfig: "liburing", providers: [.apt(["liburing-dev"])]),
    .systemLibrary(
      name: "CLibNetlink", pkgConfig: "libnl-genl-3.0", providers: [.apt(["libnl-genl-3-dev"])]),
    .target(name: "BoundedJSON", swiftSettings: small),
    .target(name: "Statistics"),

    // Floor 1: one subject each, none knows a benchmark. Its neighbours may import Linux, the words they all need for
    // descriptors, threads and refused calls.
    .target(
      name: "Linux", dependencies: ["CLinux", .product(name: "SystemPackage", package: "swift-system")]
    ),
    .target(
      name: "Uring",
      dependencies: ["CKernelABI", "CLinux", "Linux", .product(name: "SystemPackage", package: "swift-system")]),
    .target(
      name: "NetworkInterface",
      dependencies: [
        "BoundedJSON", "CKernelABI", "CLibNetlink", "CLinux", "Linux",
        .product(name: "SystemPackage", package: "swift-system"),
      ], swiftSettings: small),
    .target(
      name: "Metering",
      dependencies: ["CLinux", "Linux", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: small),
    // Which bytes the kernel copied: bpf(2), perf probes, the kernel's symbols and types.
    .target(
      name: "Trace",
      dependencies: ["CLinux", "Linux", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: small),
    .target(name: "IperfProtocol", dependencies: ["BoundedJSON"], swiftSettings: small),
    .target(name: "Report", dependencies: ["BoundedJSON", "Statistics"], swiftSettings: small),

    // Floor 2: the benchmark itself.
    .target(
      name: "Benchmark",
      dependencies: [
        "BoundedJSON", "CLinux", "IperfProtocol", "Linux", "Metering", "NetworkInterface", "Report",
        "Trace", "Uring",
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "Logging", package: "swift-log"),
      ]),

    .target(name: "Presentation", dependencies: ["BoundedJSON", "Report", "Statistics"], swiftSettings: small),

    // Floor 3: commands.
    .executableTarget(
      name: "zcrx-bench",
      dependencies: [
        "Benchmark", "BoundedJSON", "IperfProtocol", "Linux", "Metering", "NetworkInterface", "Presentation",
        "Report", "Uring",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: small,
      // Functions that came out the same are kept once: a fiftieth of the executable.
      linkerSettings: [.unsafeFlags(["-Xlinker", "--icf=safe"])]),

    // Tests of the kernel rig drive Uring through it; built by its name, installed nowhere.
    .executableTarget(
      name: "rig-probe",
      dependencies: [
        "Benchmark", "BoundedJSON", "CLinux", "CReceiveProgram", "CStepCounter", "Linux", "Uring",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tests/Rig/Probe"),
    // Counts what a thread does where no processor counts: in the emulated machine.
    .target(name: "CStepCounter", path: "Tests/Rig/StepCounter"),

    // The cost of the hot loop: the server's own function and the same in C, for callgrind to count (docs/testing.md).
    .target(name: "CReceiveLoop", dependencies: ["CKernelABI"], path: "Tests/Reference/CReceiveLoop"),
    .target(
      name: "CReceiveProgram", dependencies: ["CKernelABI", "CLinux", "CReceiveLoop"],
      path: "Tests/Reference/CReceiveProgram"),
    .executableTarget(
      name: "receive-cost", dependencies: ["Benchmark", "CKernelABI", "CReceiveLoop", "Linux", "Uring"],
      path: "Tests/Reference/ReceiveCost"),

    .testTarget(name: "BoundedJSONTests", dependencies: ["BoundedJSON"]),
    // Random tests that can be repeated.
    .target(name: "SeededRandomness", dependencies: ["Statistics"], path: "Tests/SeededRandomness"),
    .testTarget(name: "IperfProtocolTests", dependencies: ["IperfProtocol", "BoundedJSON", "SeededRandomness"]),
    .testTarget(name: "StatisticsTests", dependencies: ["BoundedJSON", "Statistics"], exclude: ["Fixtures"]),
    .testTarget(
      name: "ReportTests", dependencies: ["Report", "BoundedJSON", "Presentation", "Statistics"], exclude: ["Fixtures"]),
    .testTarget(
      name: "PresentationTests",
      dependencies: ["BoundedJSON", "Presentation", "Report", "Statistics"]),
    // Machines in files, and counters that count at rates a test decides.
    .target(
      name: "MeteringBench",
      dependencies: ["Linux", "Metering", .product(name: "SystemPackage", package: "swift-system")],
      path: "Tests/MeteringBench"),
    .testTarget(
      name: "MeteringTests", dependencies: ["BoundedJSON", "Linux", "Metering", "MeteringBench"], exclude: ["Fixtures"]),
    // Rings in plain memory, with the kernel's side of them.
    .target(name: "RingMemory", dependencies: ["CKernelABI", "Uring"], path: "Tests/RingMemory"),
    .testTarget(
      name: "UringTests", dependencies: ["CAllocationCounter", "Uring", "Linux", "RingMemory", "SeededRandomness"]),
    .testTarget(name: "NetworkInterfaceTests", dependencies: ["NetworkInterface", "Linux", "SeededRandomness"]),
    .testTarget(name: "LinuxTests", dependencies: ["Linux"]),
    .testTarget(name: "TraceTests", dependencies: ["CLinux", "Linux", "Trace"]),
    // Counts the allocations of the test executable's threads, by taking malloc's place in it.
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    // Counts the system calls of metering in the same way.
    .target(name: "CCallCounter", path: "Tests/CCallCounter"),
    .testTarget(
      name: "BenchmarkTests",
      dependencies: [
        "Benchmark", "BoundedJSON", "CAllocationCounter", "CCallCounter", "IperfProtocol", "Linux", "Metering",
        "MeteringBench",
        "NetworkInterface", "Report", "RingMemory", "SeededRandomness", "Uring",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
