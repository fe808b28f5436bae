/// A second as a date in the form iperf3 prints: `Sat, 21 Nov 2026 03:53:34 GMT` (RFC 9110, section 5.6.7).
struct GreenwichTime: CustomStringConvertible {
  /// Days since 1 January 1970, a Thursday.
  private let day: Int64
  /// 0…86 399.
  private let secondOfDay: Int64

  init(secondsSince1970 seconds: Int64) {
    let remainder = seconds % 86_400
    secondOfDay = remainder < 0 ? remainder + 86_400 : remainder
    day = (seconds - remainder) / 86_400 - (remainder < 0 ? 1 : 0)
  }

  var description: String {
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let date = civilDate
    let weekday = weekdays[Int((day % 7 + 7) % 7)]
    let clock = [secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60].map { twoDigits($0) }
    return "\(weekday), \(twoDigits(date.day)) \(months[date.month]) \(date.year) \(clock.joined(separator: ":")) GMT"
  }

  /// Year, month 0…11 and day 1…31 of the proleptic Gregorian calendar. Counting years from 1 March puts the leap day
  /// last, and 400 years always have 146 097 days.
  private var civilDate: (year: Int64, month: Int, day: Int64) {
    let daysFromMarchOfYear0 = day + 719_468
    let era = (daysFromMarchOfYear0 >= 0 ? daysFromMarchOfYear0 : daysFromMarchOfYear0 - 146_096) / 146_097
    let dayOfEra = daysFromMarchOfYear0 - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let isNextYear = monthFromMarch >= 10
    return (yearOfEra + era * 400 + (isNextYear ? 1 : 0), Int((monthFromMarch + 2) % 12), dayOfMonth)
  }

  private func twoDigits(_ number: Int64) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
