import Testing
@testable import IperfProtocol
