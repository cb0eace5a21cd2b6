import java.io.FileInputStream;
import java.security.KeyStore;
import javax.net.ssl.*;

/** A peer as old as they come, JKS trust store, TLS 1.2: one handshake with each port; prints for each what came of it. */
public class OldPeer {
  public static void main(String[] args) throws Exception {
    char[] password = args[1].toCharArray();
    KeyStore trust = KeyStore.getInstance("JKS");
    try (FileInputStream in = new FileInputStream(args[0])) {
      trust.load(in, password);
    }
    TrustManagerFactory theirs = TrustManagerFactory.getInstance("SunX509");
    theirs.init(trust);
    SSLContext context = SSLContext.getInstance("TLSv1.2");
    context.init(null, theirs.getTrustManagers(), null);
    for (int i = 2; i < args.length; i++) {
      try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", Integer.parseInt(args[i]))) {
        socket.setSoTimeout(10000);
        socket.startHandshake();
        System.out.println(socket.getSession().getProtocol() + " " + socket.getSession().getCipherSuite());
      } catch (Exception e) {
        Throwable cause = e;
        while (cause.getCause() != null) cause = cause.getCause();
        System.out.println("FAILED " + e.getMessage() + " / " + cause.getMessage());
      }
    }
  }
}
