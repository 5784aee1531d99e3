/** An order replica as a process: `node --import tsx order/main.ts`. */
import { runMember } from "../shared/member/member.ts";
import { startOrder } from "./order_member.ts";

runMember("order", startOrder);
