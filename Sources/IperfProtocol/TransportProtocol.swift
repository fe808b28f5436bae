/// What a client wants its data sent over; the raw value is the key iperf3 sets in the parameters.
public enum TransportProtocol: String, Sendable, CaseIterable {
  case tcp, udp, sctp
}
