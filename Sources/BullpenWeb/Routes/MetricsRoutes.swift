import BullpenNode
import Hummingbird
import NIOCore

/// For Prometheus. It tells how many are here, so it asks for the right that reading does.
extension RouteTable {
  func addMetrics() {
    on(.get, "/metrics", needs: .read) { call in
      await call.site.node.sampleMetrics()
      let text = call.site.metrics.text(sockets: call.site.sockets.count)
      return Response(
        status: .ok, headers: [.contentType: MetricsBoard.mediaType],
        body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
  }
}
