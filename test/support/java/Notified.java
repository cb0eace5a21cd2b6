import java.io.*;
import java.nio.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.KeyStore;
import java.security.cert.*;
import javax.net.ssl.*;

/** A platform in the manner of this field that takes one notice: JKS store, client certificate required, one 36,000-byte read. */
public class Notified {
  public static void main(String[] args) throws Exception {
    char[] password = args[1].toCharArray();
    KeyStore own = KeyStore.getInstance(new File(args[0]), password);
    KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
    keys.init(own, password);
    KeyStore trusted = KeyStore.getInstance("JKS");
    trusted.load(null, null);
    try (InputStream in = new FileInputStream(args[2])) {
      trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory theirs = TrustManagerFactory.getInstance("SunX509");
    theirs.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), theirs.getTrustManagers(), null);
    try (SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0)) {
      server.setNeedClientAuth(true);
      System.out.println(server.getLocalPort());
      try (SSLSocket socket = (SSLSocket) server.accept()) {
        byte[] buffer = new byte[36000];
        int read = socket.getInputStream().read(buffer);
        ByteBuffer frame = ByteBuffer.wrap(buffer).order(ByteOrder.LITTLE_ENDIAN);
        int length = frame.getInt(1);
        if (buffer[0] != 0x68 || read != length + 12) throw new IOException("read " + read + " bytes of " + (length + 12) + " at once");
        System.out.println(new String(buffer, 5, 6, StandardCharsets.US_ASCII));
        System.out.println(socket.getSession().getPeerPrincipal().getName());
        System.out.println(new String(buffer, 11, length, StandardCharsets.UTF_8));
        byte[] data = "{\"head\":{},\"body\":{\"rtnCode\":\"9999\",\"rtnMsg\":\"成功\"}}".getBytes(StandardCharsets.UTF_8);
        ByteBuffer answer = ByteBuffer.allocate(data.length + 12).order(ByteOrder.LITTLE_ENDIAN);
        answer.put((byte) 0x68).putInt(data.length).put("100001".getBytes(StandardCharsets.US_ASCII)).put(data).put((byte) 0x16);
        socket.getOutputStream().write(answer.array());
        socket.getOutputStream().flush();
      }
    }
  }
}
