import BoundedJSON
import Glibc

/// Prints one JSON object as a line, at once: whoever waits for it reads through a pipe.
func printLine(_ object: JSONObject) {
  print(JSONValue.object(object).text())
  fflush(nil)
}

extension JSONValue {
  static func count(_ value: some BinaryInteger) -> JSONValue { .integer(Int64(clamping: value)) }
}
