"""Peers that connect and then say nothing: after --idle-timeout the server is free again, in every phase."""

import socket
import struct
import time

import iperf_peer
from harness import LOOPBACK, ServerCase
from iperf_peer import Client


class SilentClientTests(ServerCase):
    server_options = ("-J", "--idle-timeout", "1")

    def is_given_up(self, connection, seconds=60):
        """The server must end the connection by itself, and not before its limit."""
        started = time.monotonic()
        connection.settimeout(seconds)
        try:
            while connection.recv(65536):
                pass
        except ConnectionResetError:
            pass
        self.assertGreater(time.monotonic() - started, 0.5, "the limit is one second")

    def test_no_byte(self):
        with socket.create_connection((LOOPBACK, self.port), 60) as connection:
            self.is_given_up(connection)

    def test_half_a_cookie(self):
        with socket.create_connection((LOOPBACK, self.port), 60) as connection:
            connection.sendall(iperf_peer.new_cookie()[:20])
            self.is_given_up(connection)

    def test_a_raw_stream_that_stops(self):
        def stop():
            with socket.create_connection((LOOPBACK, self.port), 60) as connection:
                connection.sendall(b"raw bytes, then nothing")
                self.is_given_up(connection)

        report = self.reports_after(stop)[0]
        self.assertEqual(report["zcrx_bench"]["outcome"]["status"], "partial")
        self.assertEqual(report["end"]["sum_received"]["bytes"], 23)

    def test_no_parameters(self):
        with Client(self.port) as client:
            client.reach("connected")
            self.is_given_up(client.control)

    def test_half_of_the_parameters(self):
        with Client(self.port) as client:
            client.connect()
            client.control.sendall(iperf_peer.frame(iperf_peer.parameters())[:30])
            self.is_given_up(client.control)

    def test_no_data_connection(self):
        with Client(self.port) as client:
            client.reach("parameters")
            self.is_given_up(client.control)

    def test_fewer_data_connections_than_announced(self):
        with Client(self.port) as client:
            client.connect().offer(iperf_peer.parameters(parallel=3)).open_streams(2)
            self.is_given_up(client.control)

    def test_a_data_connection_without_a_cookie(self):
        with Client(self.port) as client:
            client.connect().offer()
            iperf_peer.expect(client.control, iperf_peer.CREATE_STREAMS)
            client.streams.append(client.connection())
            self.is_given_up(client.control)

    def test_no_byte_in_the_running_test(self):
        with Client(self.port) as client:
            client.running(num=1000)
            self.is_given_up(client.control)

    def test_a_running_test_that_stops(self):
        def stop():
            with Client(self.port) as client:
                client.reach("running", 2, 10_000)
                self.is_given_up(client.control)

        report = self.reports_after(stop)[0]
        self.assertEqual(report["zcrx_bench"]["outcome"]["status"], "partial")
        self.assertEqual(report["end"]["sum_received"]["bytes"], 20_000)

    def test_a_client_that_promised_to_be_slow(self):
        """-b 1 -l 1M would be silent for 97 days between two blocks."""
        with Client(self.port) as client:
            client.running(time=60, num=0, bandwidth=1, len=1 << 20)
            self.is_given_up(client.control)

    def test_no_results(self):
        with Client(self.port) as client:
            client.reach("end")
            self.is_given_up(client.control)

    def test_half_of_the_results(self):
        with Client(self.port) as client:
            client.reach("end").control.sendall(struct.pack("!I", 500) + b'{"cpu_')
            self.is_given_up(client.control)

    def test_no_goodbye(self):
        with Client(self.port) as client:
            client.reach("results")
            iperf_peer.receive_json(client.control)
            iperf_peer.expect(client.control, iperf_peer.DISPLAY_RESULTS)
            self.is_given_up(client.control)

    def test_a_client_that_never_reads_its_results(self):
        with Client(self.port) as client:
            client.control = client.connection()
            client.control.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.control.sendall(client.cookie)
            client.offer(iperf_peer.parameters(num=1000, get_server_output=1)).open_streams().start()
            client.streams[0].sendall(b"r" * 1000)
            iperf_peer.send_state(client.control, iperf_peer.TEST_END)
            time.sleep(1.5)
