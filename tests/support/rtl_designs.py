"""Small designs of one clock in plain RTL, for what Yosys makes of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Design:
    """`name` is the top module; ports: name -> width."""

    name: str
    source: str
    inputs: dict[str, int]
    outputs: dict[str, int]
    falling: bool = False


def vector(width: int) -> str:
    return f"[{width - 1}:0] " if width > 1 else ""


def bit_names(ports: dict[str, int]) -> list[str]:
    """Lowest bit first."""
    return [name if width == 1 else f"{name}[{bit}]" for name, width in ports.items() for bit in range(width)]


def _design(name: str, inputs: dict[str, int], outputs: dict[str, int], body: str, *, falling: bool = False) -> Design:
    ports = ["input clk", *(f"input {vector(width)}{port}" for port, width in inputs.items())]
    ports += [f"output {vector(width)}{port}" for port, width in outputs.items()]
    return Design(name, f"module {name}({', '.join(ports)});\n{body}\nendmodule\n", inputs, outputs, falling)


DESIGNS = (
    _design(
        "count_enable",
        {"en": 1},
        {"q": 4},
        "reg [3:0] c = 4'ha; always @(posedge clk) if (en) c <= c + 1; assign q = c;",
    ),
    _design(
        "count_sync_reset",
        {"rst": 1, "en": 1},
        {"q": 5},
        "reg [4:0] c; always @(posedge clk) if (rst) c <= 5'h13; else if (en) c <= c - 3; assign q = c;",
    ),
    _design(
        "enable_over_reset",
        {"rst": 1, "en": 1, "d": 3},
        {"q": 3},
        """reg [2:0] c = 3'b1x0;
        always @(posedge clk) if (en) begin if (!rst) c <= 3'b101; else c <= d; end assign q = c;""",
    ),
    _design(
        "count_async_reset",
        {"rst": 1, "en": 1},
        {"q": 4, "odd": 1},
        """reg [3:0] c; always @(posedge clk or posedge rst) if (rst) c <= 4'h5; else if (en) c <= c + 4'd3;
        assign q = c; assign odd = ^c;""",
    ),
    _design(
        "async_reset_low",
        {"rst_n": 1, "d": 2},
        {"q": 2, "next": 2},
        """reg [1:0] c = 2'b01; reg [1:0] later = 0;
        always @(posedge clk or negedge rst_n) if (!rst_n) c <= 2'b10; else c <= d ^ c;
        always @(posedge clk) later <= c;  // sees the reset value while the reset holds
        assign q = c; assign next = later;""",
    ),
    _design(
        "shift",
        {"d": 1, "rst": 1},
        {"q": 6},
        "reg [5:0] s = 6'b100101; always @(posedge clk) if (rst) s <= 0; else s <= {s[4:0], d}; assign q = s;",
    ),
    _design(
        "fsm",
        {"go": 1, "rst": 1},
        {"out": 2},
        """localparam A = 0, B = 1, C = 2, D = 3; reg [1:0] state = A;
        always @(posedge clk) if (rst) state <= A; else case (state)
          A: if (go) state <= B; B: state <= go ? C : A; C: if (!go) state <= D; default: state <= A; endcase
        assign out = {state == C, state == D};""",
    ),
    _design("add", {"a": 4, "b": 4}, {"s": 5, "lt": 1}, "assign s = a + b; assign lt = a < b;"),
    _design(
        "signed_mux",
        {"a": 4, "b": 4, "s": 2},
        {"y": 5},
        """reg signed [4:0] r; always @* case (s) 0: r = $signed(a) + $signed(b); 1: r = -$signed(a);
        2: r = $signed(a) >>> b[1:0]; default: r = {a[3], ~b}; endcase assign y = r;""",
    ),
    _design(
        "fifo_pointers",
        {"push": 1, "pop": 1, "rst_n": 1},
        {"full": 1, "empty": 1, "level": 3},
        """reg [2:0] head = 0, tail = 0; wire go_in = push & ~full, go_out = pop & ~empty;
        always @(posedge clk or negedge rst_n) if (!rst_n) begin head <= 0; tail <= 0; end
        else begin if (go_in) head <= head + 1; if (go_out) tail <= tail + 1; end
        assign level = head - tail; assign full = level == 4; assign empty = head == tail;""",
    ),
    _design(
        "lfsr",
        {"en": 1},
        {"q": 8},
        "reg [7:0] s = 8'h5a; always @(posedge clk) if (en) s <= {s[6:0], s[7] ^ s[5] ^ s[4] ^ s[3]}; assign q = s;",
    ),
    _design(
        "falling",
        {"d": 2, "rst": 1},
        {"q": 2},
        "reg [1:0] s = 1; always @(negedge clk or posedge rst) if (rst) s <= 3; else s <= s + d; assign q = s;",
        falling=True,
    ),
    _design(
        "gray",
        {"up": 1},
        {"g": 4},
        "reg [3:0] c = 0; always @(posedge clk) c <= up ? c + 1 : c - 1; assign g = c ^ (c >> 1);",
    ),
    _design(
        "set_and_reset",
        {"set": 1, "rst": 1, "d": 1},
        {"q": 1},
        """reg s = 0; always @(posedge clk or posedge rst or posedge set)
        if (rst) s <= 0; else if (set) s <= 1; else s <= d; assign q = s;""",
    ),
    _design(
        "registers",
        {"we": 1, "wa": 2, "ra": 2, "d": 3},
        {"q": 3},
        "reg [2:0] m [0:3]; always @(posedge clk) if (we) m[wa] <= d; assign q = m[ra];",
    ),
    Design(
        "hierarchy",
        """module stage(input ck, input r, input [1:0] d, output reg [1:0] q, output any);
        initial q = 2'b10; always @(posedge ck or posedge r) if (r) q <= 2'b11; else q <= d; assign any = |q;
        endmodule
        module pair(input c, input rst, input [1:0] d, output [1:0] q, output any);
        wire [1:0] m; stage u1(.ck(c), .r(rst), .d(d), .q(m), .any()); stage u2(c, rst, {m[0], m[1]}, q, any);
        endmodule
        module hierarchy(input clk, input rst, input [3:0] d, output [3:0] q, output any);
        wire late; wire k = clk;
        pair p1(.c(k), .rst(rst), .d(d[1:0]), .q(q[1:0]), .any(any)); pair p2(clk, 1'b0, d[3:2], q[3:2], late);
        endmodule
        """,
        {"rst": 1, "d": 4},
        {"q": 4, "any": 1},
    ),
)
