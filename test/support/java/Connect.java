import java.io.FileInputStream;
import java.io.InputStream;
import java.security.KeyStore;
import javax.net.ssl.*;

/** A peer in the manner of this field: key store and trust store, blocking socket, one handshake; prints what came of it. */
public class Connect {
  public static void main(String[] args) throws Exception {
    String keys = args[0], keyType = args[1], trust = args[2], trustType = args[3];
    int port = Integer.parseInt(args[4]);
    char[] password = args[5].toCharArray();
    KeyManagerFactory own = KeyManagerFactory.getInstance("SunX509");
    own.init(load(keys, keyType, password), password);
    TrustManagerFactory theirs = TrustManagerFactory.getInstance("SunX509");
    theirs.init(load(trust, trustType, password));
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own.getKeyManagers(), theirs.getTrustManagers(), null);
    try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
      socket.setSoTimeout(10000);
      if (args.length > 6) socket.setEnabledProtocols(new String[] {args[6]});
      if (args.length > 7) socket.setEnabledCipherSuites(new String[] {args[7]});
      socket.startHandshake();
      SSLSession session = socket.getSession();
      InputStream in = socket.getInputStream();
      int first = in.read();
      System.out.println(session.getProtocol() + " " + session.getCipherSuite() + " " + (char) first);
    } catch (Exception e) {
      System.out.println("FAILED " + e.getMessage());
    }
  }

  private static KeyStore load(String file, String type, char[] password) throws Exception {
    KeyStore store = KeyStore.getInstance(type);
    try (FileInputStream in = new FileInputStream(file)) {
      store.load(in, password);
    }
    return store;
  }
}
