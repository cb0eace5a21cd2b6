import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * H2 in Oracle mode behind lines of text, so that statements rendered for Oracle are parsed and run by something that nobody here wrote.
 * A request: id, connection, operation, text (base64), values; an answer: id, ok, count, columns, rows; or id, err, ORA code, text. Fields are
 * separated by tabs, rows by ';', cells by ','; a cell is n (null), i (whole number) or s (text in base64).
 */
public final class Bridge {
  private static final Map<String, Link> LINKS = new ConcurrentHashMap<>();
  /** Database → the connection that holds its migration lock: H2 knows no LOCK TABLE. */
  private static final Map<String, String> LOCKS = new ConcurrentHashMap<>();
  private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

  private record Link(String database, Connection connection, ExecutorService thread) {}

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] fields = line.split("\t", -1);
      if (fields[2].equals("open")) {
        open(fields);
        continue;
      }
      Link link = LINKS.get(fields[1]);
      if (link == null) answer(fields[0], "err", "NJS-003", text("no such connection"));
      else link.thread.submit(() -> run(fields, link));
    }
    System.exit(0);
  }

  private static void open(String[] fields) {
    try {
      String database = plain(fields[3]);
      String url = "jdbc:h2:mem:" + database + ";MODE=Oracle;DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=1000"
          // Keywords to H2, plain names to Oracle.
          + ";NON_KEYWORDS=DAY,MONTH,YEAR,HOUR,MINUTE,SECOND,VALUE,KEY";
      Connection connection = DriverManager.getConnection(url, "sa", "");
      connection.setAutoCommit(false);
      LINKS.put(fields[1], new Link(database, connection, Executors.newSingleThreadExecutor()));
      answer(fields[0], "ok", "0", "", "");
    } catch (SQLException error) {
      fail(fields[0], error);
    }
  }

  private static void run(String[] fields, Link link) {
    try {
      switch (fields[2]) {
        case "exec", "auto" -> execute(fields, link);
        case "prepare" -> {
          link.connection.prepareStatement(understood(plain(fields[3]))).close();
          answer(fields[0], "ok", "0", "", "");
        }
        case "many" -> many(fields, link);
        case "commit" -> {
          link.connection.commit();
          LOCKS.remove(link.database, fields[1]);
          answer(fields[0], "ok", "0", "", "");
        }
        case "rollback" -> {
          link.connection.rollback();
          LOCKS.remove(link.database, fields[1]);
          answer(fields[0], "ok", "0", "", "");
        }
        case "close" -> {
          link.connection.rollback();
          LOCKS.remove(link.database, fields[1]);
          link.connection.close();
          LINKS.remove(fields[1]);
          answer(fields[0], "ok", "0", "", "");
          link.thread.shutdown();
        }
        default -> answer(fields[0], "err", "NJS-000", text("no such operation"));
      }
    } catch (SQLException error) {
      fail(fields[0], error);
    }
  }

  private static void execute(String[] fields, Link link) throws SQLException {
    String sql = plain(fields[3]);
    if (sql.startsWith("lock table")) {
      String holder = LOCKS.putIfAbsent(link.database, fields[1]);
      if (holder == null || holder.equals(fields[1])) answer(fields[0], "ok", "0", "", "");
      else answer(fields[0], "err", "ORA-00054", text("resource busy"));
      return;
    }
    String count = "0";
    String columns = "";
    String rows = "";
    try (PreparedStatement statement = link.connection.prepareStatement(understood(sql))) {
      for (int i = 4; i < fields.length; i++) bind(statement, i - 3, fields[i]);
      if (statement.execute()) {
        columns = columns(statement.getResultSet());
        rows = rows(statement.getResultSet());
      } else {
        count = String.valueOf(statement.getUpdateCount());
      }
    }
    // Before the answer: who was answered may look from another connection at once.
    if (fields[2].equals("auto")) link.connection.commit();
    answer(fields[0], "ok", count, columns, rows);
  }

  private static void many(String[] fields, Link link) throws SQLException {
    try (PreparedStatement statement = link.connection.prepareStatement(understood(plain(fields[3])))) {
      for (int i = 4; i < fields.length; i++) {
        String[] cells = fields[i].split(",", -1);
        for (int k = 0; k < cells.length; k++) bind(statement, k + 1, cells[k]);
        statement.addBatch();
      }
      statement.executeBatch();
    }
    answer(fields[0], "ok", "0", "", "");
  }

  /** This version of H2 locks rows but knows no limit of the wait; and binds are `?`. */
  private static String understood(String sql) {
    return sql.replaceAll("for update (wait \\d+|skip locked)", "for update").replaceAll(":(\\d+)", "?$1");
  }

  private static void bind(PreparedStatement statement, int at, String cell) throws SQLException {
    switch (cell.charAt(0)) {
      case 'n' -> statement.setNull(at, Types.VARCHAR);
      case 'i' -> statement.setBigDecimal(at, new java.math.BigDecimal(cell.substring(1)));
      default -> statement.setString(at, plain(cell.substring(1)));
    }
  }

  private static String columns(ResultSet set) throws SQLException {
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= set.getMetaData().getColumnCount(); i++) names.add(text(set.getMetaData().getColumnLabel(i)));
    return String.join(",", names);
  }

  private static String rows(ResultSet set) throws SQLException {
    int width = set.getMetaData().getColumnCount();
    List<String> rows = new ArrayList<>();
    while (set.next()) {
      List<String> cells = new ArrayList<>();
      for (int i = 1; i <= width; i++) {
        String value = set.getString(i);
        cells.add(value == null ? "n" : "s" + text(value));
      }
      rows.add(String.join(",", cells));
    }
    return String.join(";", rows);
  }

  private static void fail(String id, SQLException error) {
    String code = switch (error.getErrorCode()) {
      case 23505 -> "ORA-00001";
      case 40001 -> "ORA-00060";
      case 50200 -> "ORA-30006";
      case 57014 -> "ORA-01013";
      case 42101 -> "ORA-00955";
      case 42102, 42103, 42104 -> "ORA-00942";
      case 42121 -> "ORA-01430";
      case 42111 -> "ORA-00955";
      case 90045 -> "ORA-02264";
      case 90017 -> "ORA-02260";
      case 23513, 23514 -> "ORA-02290";
      case 23503, 23506 -> "ORA-02291";
      case 23502 -> "ORA-01400";
      case 22001 -> "ORA-12899";
      default -> "ORA-" + error.getErrorCode();
    };
    answer(id, "err", code, text(code + ": " + error.getMessage()));
  }

  private static synchronized void answer(String... fields) {
    OUT.print(String.join("\t", fields) + "\n");
    OUT.flush();
  }

  private static String text(String plain) {
    return Base64.getEncoder().encodeToString(plain.getBytes(StandardCharsets.UTF_8));
  }

  private static String plain(String text) {
    return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
  }
}
