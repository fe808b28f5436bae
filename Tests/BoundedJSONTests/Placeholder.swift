import Testing
@testable import BoundedJSON
