/// The product of several settings, each combination measured: the document of `--sweep`.
public struct Sweep: Sendable, Equatable {
  /// The member of its JSON document that holds it.
  public static let member = "zcrx_bench_sweep"

  public var campaign: Campaign
  public var axes: [SweepAxis]
  /// What was measured so far, in order of time: an interrupted sweep has fewer than the product of its axes.
  public var points: [SweepPoint] = []

  public init(_ campaign: Campaign, axes: [SweepAxis]) {
    self.campaign = campaign
    self.axes = axes
  }
}

/// One setting and the values it takes, as typed: `length=64K,512K`.
public struct SweepAxis: Sendable, Equatable {
  public var name: String
  public var values: [String]

  public init(name: String, values: [String]) {
    self.name = name
    self.values = values
  }
}

public struct SweepPoint: Sendable, Equatable {
  /// One value for each axis, in their order.
  public var values: [String]
  /// Why it could not run; nil when it could.
  public var unavailable: String?
  public var runs: [ComparedRun]

  public init(values: [String], unavailable: String? = nil, runs: [ComparedRun]) {
    self.values = values
    self.unavailable = unavailable
    self.runs = runs
  }
}

extension Sweep {
  /// The same with its disturbed runs counting nowhere, each with its reason.
  public func excludingDisturbed() -> Sweep {
    var sweep = self
    for point in sweep.points.indices {
      for run in sweep.points[point].runs.indices {
        guard let reason = sweep.points[point].runs[run].disturbed, sweep.points[point].runs[run].failure == nil else {
          continue
        }
        sweep.points[point].runs[run].failure = "left out, because disturbed: \(reason)"
      }
    }
    return sweep
  }

  /// How many points its axes make; the most an `Int` holds where they are more.
  public var pointCount: Int {
    axes.reduce(1) { product, axis in
      let (next, isTooMany) = product.multipliedReportingOverflow(by: axis.values.count)
      return isTooMany ? .max : next
    }
  }

  /// `flows=4 length=64K`.
  public func label(of point: SweepPoint) -> String {
    zip(axes, point.values).map { "\($0.name)=\($1)" }.joined(separator: " ")
  }
}
