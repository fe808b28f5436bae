/// Messages of stock iperf 3.12 (Debian 12), byte for byte, as they arrived over loopback on 21 November 2026.
///
/// The client's came from `iperf3 -c 127.0.0.1 -p PORT OPTIONS` against a script that played the server: it read the
/// cookie, sent states 9, 10, 1, 2 and 13 in turn, accepted the data connections and printed each frame it read. The
/// server's came from `iperf3 -s -1 -p PORT` against a script that played the client and sent 300 000 bytes a stream.
enum RecordedMessages {
  /// `-P 3 -t 1 -b 50M`
  static let parameters = #"""
    {"tcp":true,"omit":0,"time":1,"num":0,"blockcount":0,"parallel":3,"len":131072,"bandwidth":50000000,\#
    "pacing_timer":1000,"client_version":"3.12"}
    """#

  /// `-n 1M -P 2 -O 0 -l 64K -w 256K -M 1400 -C reno -N -Z --get-server-output -T "run 7" --extra-data lab -S 8 -b
  /// 1G/10
  /// -A 0,1 --repeating-payload --dont-fragment`
  static let fullParameters = #"""
    {"tcp":true,"omit":0,"server_affinity":1,"time":0,"num":1048576,"blockcount":0,"MSS":1400,"nodelay":true,\#
    "parallel":2,"window":262144,"len":65536,"bandwidth":1000000000,"pacing_timer":1000,"burst":10,"TOS":8,\#
    "title":"run 7","extra_data":"lab","congestion":"reno","get_server_output":1,"repeating_payload":1,"zerocopy":1,\#
    "dont_fragment":1,"client_version":"3.12"}
    """#

  /// `-k 10`
  static let blockParameters = #"""
    {"tcp":true,"omit":0,"time":0,"num":0,"blockcount":10,"parallel":1,"len":131072,"pacing_timer":1000,\#
    "client_version":"3.12"}
    """#

  /// `-u -n 1M`
  static let udpParameters = #"""
    {"udp":true,"omit":0,"time":0,"num":1048576,"blockcount":0,"parallel":1,"len":32768,"bandwidth":1048576,\#
    "pacing_timer":1000,"client_version":"3.12"}
    """#

  /// `-R`
  static let reverseParameters = #"""
    {"tcp":true,"omit":0,"time":10,"num":0,"blockcount":0,"parallel":1,"reverse":true,"len":131072,\#
    "pacing_timer":1000,"client_version":"3.12"}
    """#

  /// `--bidir`
  static let bidirectionalParameters = #"""
    {"tcp":true,"omit":0,"time":10,"num":0,"blockcount":0,"parallel":1,"bidirectional":true,"len":131072,\#
    "pacing_timer":1000,"client_version":"3.12"}
    """#

  /// A client's, `-P 3 -t 1 -b 50M`
  static let clientResults = #"""
    {"cpu_util_total":7.1545517214966869,"cpu_util_user":0.29862893033587379,"cpu_util_system":6.8558270460725366,\#
    "sender_has_retransmits":1,"congestion_used":"bbr","streams":[{"id":1,"bytes":6291456,"retransmits":0,"jitter":0,\#
    "errors":0,"packets":0,"start_time":0,"end_time":1.000084},{"id":3,"bytes":6291456,"retransmits":0,"jitter":0,\#
    "errors":0,"packets":0,"start_time":0,"end_time":1.000093},{"id":4,"bytes":6291456,"retransmits":0,"jitter":0,\#
    "errors":0,"packets":0,"start_time":0,"end_time":1.000094}]}
    """#

  /// A server's, of two streams
  static let serverResults = #"""
    {"cpu_util_total":0.129749030200663,"cpu_util_user":0,"cpu_util_system":0.13008086915258288,\#
    "sender_has_retransmits":18446744073709551615,"congestion_used":"bbr","streams":[{"id":1,"bytes":300000,\#
    "retransmits":18446744073709551615,"jitter":0,"errors":0,"packets":0,"start_time":0,"end_time":0.301315},\#
    {"id":3,"bytes":300000,"retransmits":18446744073709551615,"jitter":0,"errors":0,"packets":0,"start_time":0,\#
    "end_time":0.301324}]}
    """#

  /// A server's, `-J`, of one stream whose client asked for the server's output; of that output one object is kept.
  static let serverResultsWithJSON = #"""
    {"cpu_util_total":0.04659630624423787,"cpu_util_user":0.04659630624423787,"cpu_util_system":0,\#
    "sender_has_retransmits":18446744073709551615,"congestion_used":"bbr","server_output_json":{"start":{},"end":\#
    {"sum_received":{"start":0,"end":0.300435,"seconds":0.300435,"bytes":300000,\#
    "bits_per_second":7988416.7956463126,"sender":false}}},"streams":[{"id":1,"bytes":300000,\#
    "retransmits":18446744073709551615,"jitter":0,"errors":0,"packets":0,"start_time":0,"end_time":0.300435}]}
    """#

  /// The cookie of the client that sent `parameters`.
  static let cookie = "ju6yuuwuli25a6ywdygxyrxqarkwrjvdmawg"
}
