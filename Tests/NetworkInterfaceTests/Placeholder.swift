import Testing
@testable import NetworkInterface
