import { serve } from "../serve";
import { command } from "./command";

serve(command);
