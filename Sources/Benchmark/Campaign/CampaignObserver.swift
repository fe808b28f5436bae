import Report

/// Whoever shows and keeps a campaign while it is made; called on the thread that makes it.
public protocol CampaignObserver<Document>: AnyObject {
  associatedtype Document

  /// One line on how far it is.
  func progress(_ line: String)
  /// What was measured so far; its outcome is `partial` until the end.
  ///
  /// - Throws: where it cannot be kept: then the campaign ends.
  func measured(_ document: Document) throws(BenchmarkError)
}
